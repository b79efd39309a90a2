"""Map the keys of another tool's checkpoint to those of the network: the section ``checkpoints``.

A rule maps a prefix of whole segments: ``fc`` does not match ``loss1/fc``. Only the longest rule
that matches a key is applied.
"""

import re
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from archc.diagnostics import Code, Diagnostic, Label
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import join_words
from archc.language.fields.names import check_name
from archc.language.fields.validation import describe, validate
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry

DROPPED = "none"

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
# In a part of a segment, underscores separate names; in a whole segment, they belong to the name.
_PART, _SEGMENT = "[A-Za-z0-9]+", "[A-Za-z0-9_]+"
# With only letters and digits between two placeholders, they could match in several ways.
_TOUCHING = re.compile(r"\}[A-Za-z0-9]*\{")
_OURS = re.compile(r"(\w|\{\w+\})+(\.(\w|\{\w+\})+)*", re.ASCII)

_RENAME = "give each placeholder its own name"


class CheckpointSection(BaseModel):
    """A checkpoint of another tool or library, with its keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)

    source: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
    """The origin of the checkpoint."""
    separator: Literal[".", "/"] = "."
    """What separates the segments of the checkpoint's keys."""
    keys: dict[str, str]
    """Prefixes of the checkpoint's keys, each with the network's, or `none` to drop the key."""


class KeyRule(NamedTuple):
    """Maps a prefix of the checkpoint's keys to the network's; ``ours`` is None to drop the key."""

    theirs: str
    ours: str | None
    span: Span
    ours_span: Span


class MappedKey(NamedTuple):
    """A key after mapping, or None if it is dropped, and the rules that match it.

    Without a rule, the key is unchanged. Several rules of the same length are ambiguous.
    """

    key: str | None
    rules: tuple[KeyRule, ...]


class KeyMapping(NamedTuple):
    """The declared mapping of a checkpoint; ``rules`` are sorted, the longest first."""

    name: str
    source: str
    separator: str
    rules: tuple[KeyRule, ...]
    span: Span

    def map_key(self, key: str) -> MappedKey:
        """Return the network's key for a key of the checkpoint, and the rules that match it."""
        matching: list[KeyRule] = []
        mapped: str | None = key
        for rule in self.rules:
            if matching and _rank(rule, self.separator) < _rank(matching[0], self.separator):
                break
            match = _compiled(rule.theirs, self.separator).match(key)
            if match is None:
                continue
            if not matching:
                rest = key[match.end() :].replace(self.separator, ".")
                mapped = None if rule.ours is None else _filled(rule.ours, match) + rest
            matching.append(rule)
        return MappedKey(mapped, tuple(matching))


def matches(pattern: str, path: str) -> bool:
    """Return whether the path matches the pattern, which may have placeholders."""
    return placeholder_values(pattern, path) is not None


def placeholder_values(pattern: str, path: str) -> dict[str, str] | None:
    """Return the text for each placeholder of the pattern, or None if the path does not match."""
    match = _compiled(pattern, ".").fullmatch(path)
    return match.groupdict() if match else None


def parse_checkpoints(entry: Entry | None, diagnostics: list[Diagnostic]) -> dict[str, KeyMapping]:
    """Return the mappings of the section ``checkpoints`` by name, and add diagnostics."""
    if entry is None:
        return {}
    if not isinstance(entry.value, nodes.Mapping):
        message = f"checkpoints: expected a mapping of names, found {describe(entry.value)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, entry.value.span))
        return {}
    key_mappings = {}
    for key, value in entry.value.entries:
        diagnostic = check_name(key, "a checkpoint")
        if diagnostic is None and not isinstance(value, nodes.Mapping):
            message = f"checkpoint {key.text}: expected a mapping, found {describe(value)}"
            hint = "use {source: its origin, keys: {theirs: ours}}"
            diagnostic = Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint)
        if diagnostic is not None or not isinstance(value, nodes.Mapping):
            diagnostics += [diagnostic] if diagnostic else []
            continue
        fields = {field.key.text: field for field in value.entries}
        section = validate(
            CheckpointSection, f"checkpoint {key.text}", fields, key.span, diagnostics
        )
        if section is not None:
            keys = fields["keys"].value
            assert isinstance(keys, nodes.Mapping)  # as validated
            rules = _rules(keys, section.separator, diagnostics)
            key_mappings[key.text] = KeyMapping(
                key.text, section.source, section.separator, rules, key.span
            )
    return key_mappings


def _rules(
    keys: nodes.Mapping, separator: str, diagnostics: list[Diagnostic]
) -> tuple[KeyRule, ...]:
    rules: list[KeyRule] = []
    first: dict[tuple[str, str], Span] = {}
    for key, value in keys.entries:
        assert isinstance(value, nodes.Scalar) and isinstance(value.value, str)  # as validated
        ours = None if value.value == DROPPED else value.value
        diagnostic = _check_theirs(key, separator) or (_check_ours(key, value) if ours else None)
        if diagnostic is not None:
            diagnostics.append(diagnostic)
            continue
        # Find duplicates on either side; the names of placeholders do not matter.
        for side, text, place in (("theirs", key.text, key.span), ("ours", ours, value.span)):
            if text is None:
                continue
            pattern = _PLACEHOLDER.sub("{}", text)
            if (side, pattern) in first:
                message = f"{'duplicate key' if side == 'theirs' else 'two keys map to'} {text}"
                label = Label(first[side, pattern], "first used here")
                diagnostics.append(Diagnostic(Code.AMBIGUOUS_KEY, message, place, (label,)))
            first.setdefault((side, pattern), place)
        rules.append(KeyRule(key.text, ours, key.span, value.span))
    return tuple(sorted(rules, key=lambda rule: _rank(rule, separator), reverse=True))


def _check_theirs(key: nodes.Scalar, separator: str) -> Diagnostic | None:
    text = key.text
    names = _PLACEHOLDER.findall(text)
    hint = None
    if not all(text.split(separator)):
        message = f"empty segment in {text!r}, where {separator} separates segments"
    elif re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        message = f"brace outside a placeholder in {text}"
        hint = "a placeholder is a name in braces, such as {row}"
    elif len(set(names)) < len(names):
        message = f"duplicate placeholder in {text}"
        hint = _RENAME
    elif _TOUCHING.search(text):
        message = f"ambiguous placeholders in {text}"
        hint = "separate placeholders by a character that is not a letter or digit"
    else:
        return None
    return Diagnostic(Code.INVALID_VALUE, message, key.span, hint=hint)


def _check_ours(key: nodes.Scalar, value: nodes.Scalar) -> Diagnostic | None:
    theirs, ours = (set(_PLACEHOLDER.findall(node.text)) for node in (key, value))
    if not _OURS.fullmatch(value.text):
        message = f"{value.text!r} is not a path in the network"
        hint = f"use a path such as conv1 or conv1.weight, or {DROPPED} to drop the key"
        return Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint)
    if len(_PLACEHOLDER.findall(value.text)) > len(ours):
        message = f"duplicate placeholder in {value.text}"
        return Diagnostic(Code.INVALID_VALUE, message, value.span, hint=_RENAME)
    if theirs != ours:
        unpaired = join_words(f"{{{name}}}" for name in sorted(theirs ^ ours))
        message = f"placeholder on one side only: {unpaired}"
        hint = "use the same placeholders on both sides"
        return Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint)
    return None


def _rank(rule: KeyRule, separator: str) -> tuple[int, int]:
    """Return how specific the rule is: its number of segments, then its literal characters."""
    return rule.theirs.count(separator), len(_PLACEHOLDER.sub("", rule.theirs))


@lru_cache(maxsize=4096)
def _compiled(pattern: str, separator: str) -> re.Pattern[str]:
    """Compile a pattern that matches a prefix of whole segments."""
    segments = []
    for segment in pattern.split(separator):
        characters = _SEGMENT if _PLACEHOLDER.fullmatch(segment) else _PART
        parts = _PLACEHOLDER.split(segment)
        parts[::2] = [re.escape(text) for text in parts[::2]]
        parts[1::2] = [f"(?P<{name}>{characters})" for name in parts[1::2]]
        segments.append("".join(parts))
    between = re.escape(separator)
    return re.compile(f"{between.join(segments)}(?={between}|\\Z)")


def _filled(pattern: str, match: re.Match[str]) -> str:
    return _PLACEHOLDER.sub(lambda placeholder: str(match[placeholder[1]]), pattern)
