"""Keys of someone else's checkpoint as keys of the network, as the section ``checkpoints`` says.

A line of ``keys`` maps a prefix of whole segments, and never text: ``fc`` is no part of
``loss1/fc``. Each key is renamed once, by the longest line that fits it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from archc.diagnostics import Code, Diagnostic, Label
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import listed
from archc.language.fields.names import check_name
from archc.language.fields.validation import describe, validate
from archc.language.yaml import source
from archc.language.yaml.source import Entry

DROPPED = "none"

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
# In a part of a segment an underscore is what parts names; a whole segment is parted already.
_PART, _SEGMENT = "[A-Za-z0-9]+", "[A-Za-z0-9_]+"
# Two placeholders of a segment with only letters and digits between them: what each of them
# stands for would be a guess.
_TOUCHING = re.compile(r"\}[A-Za-z0-9]*\{")
_OURS = re.compile(r"(\w|\{\w+\})+(\.(\w|\{\w+\})+)*", re.ASCII)

_OWN_NAME = "give each a name of its own"


class CheckpointSection(BaseModel):
    """A checkpoint as a spec declares it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)

    source: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
    """Where the checkpoint is from."""
    separator: Literal[".", "/"] = "."
    """What parts the segments of their keys."""
    keys: dict[str, str]
    """Whole segments from the start of their key: ours, or `none` to drop the key."""


class KeyRule(NamedTuple):
    """One line of a mapping: their prefix, and ours, which is None where the key is dropped."""

    theirs: str
    ours: str | None
    span: Span
    ours_span: Span


class MappedKey(NamedTuple):
    """What becomes of a key: its new name, None where it is dropped, and by which lines.

    No line is a key under its own name; more than one, lines of the same length that all fit.
    """

    key: str | None
    rules: tuple[KeyRule, ...]


class KeyMapping(NamedTuple):
    """A declared checkpoint. ``rules`` stand with the longest first."""

    name: str
    source: str
    separator: str
    rules: tuple[KeyRule, ...]
    span: Span

    def map_key(self, key: str) -> MappedKey:
        """The network's key for one of the checkpoint's."""
        fitting: list[KeyRule] = []
        renamed: str | None = key
        for rule in self.rules:
            if fitting and _rank(rule, self.separator) < _rank(fitting[0], self.separator):
                break
            match = _match(rule.theirs, self.separator, key)
            if match is None:
                continue
            if not fitting:
                rest = key[match.end() :].replace(self.separator, ".")
                renamed = None if rule.ours is None else _filled(rule.ours, match) + rest
            fitting.append(rule)
        return MappedKey(renamed, tuple(fitting))


def matches(pattern: str, path: str) -> bool:
    """Whether ``path`` is what the pattern, with something for each placeholder, stands for."""
    return placeholder_values(pattern, path) is not None


def placeholder_values(pattern: str, path: str) -> dict[str, str] | None:
    """What ``path`` has for each placeholder of the pattern; None where it is no such path."""
    match = _compiled(pattern, ".").fullmatch(path)
    return match.groupdict() if match else None


def parse_checkpoints(entry: Entry | None, diagnostics: list[Diagnostic]) -> dict[str, KeyMapping]:
    """The ``checkpoints`` section by name; what is wrong with it is added to ``findings``."""
    if entry is None:
        return {}
    if not isinstance(entry.value, source.Mapping):
        message = f"checkpoints is a mapping of names, found {describe(entry.value)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, entry.value.span))
        return {}
    key_mappings = {}
    for key, value in entry.value.entries:
        refused = check_name(key, "a checkpoint")
        if refused is None and not isinstance(value, source.Mapping):
            message = f"checkpoint {key.text} is a mapping, found {describe(value)}"
            hint = "a mapping is {source: where it is from, keys: {theirs: ours}}"
            refused = Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint)
        if refused is not None or not isinstance(value, source.Mapping):
            diagnostics += [refused] if refused else []
            continue
        fields = {field.key.text: field for field in value.entries}
        section = validate(
            CheckpointSection, f"checkpoint {key.text}", fields, key.span, diagnostics
        )
        if section is not None:
            keys = fields["keys"].value
            assert isinstance(keys, source.Mapping)  # as validated
            lines = _lines(keys, section.separator, diagnostics)
            key_mappings[key.text] = KeyMapping(
                key.text, section.source, section.separator, lines, key.span
            )
    return key_mappings


def _lines(
    keys: source.Mapping, separator: str, diagnostics: list[Diagnostic]
) -> tuple[KeyRule, ...]:
    lines: list[KeyRule] = []
    before: dict[tuple[str, str], Span] = {}
    for key, value in keys.entries:
        assert isinstance(value, source.Scalar) and isinstance(value.value, str)  # as validated
        ours = None if value.value == DROPPED else value.value
        diagnostic = _wrong_theirs(key, separator) or (_wrong_ours(key, value) if ours else None)
        if diagnostic is not None:
            diagnostics.append(diagnostic)
            continue
        # The same line, whatever its placeholders are called; two of theirs as one of ours.
        for side, text, place in (("theirs", key.text, key.span), ("ours", ours, value.span)):
            if text is None:
                continue
            pattern = _PLACEHOLDER.sub("{}", text)
            if (side, pattern) in before:
                message = f"{text} stands twice among {side}"
                label = Label(before[side, pattern], "first here")
                diagnostics.append(Diagnostic(Code.AMBIGUOUS_KEY, message, place, (label,)))
            before.setdefault((side, pattern), place)
        lines.append(KeyRule(key.text, ours, key.span, value.span))
    return tuple(sorted(lines, key=lambda line: _rank(line, separator), reverse=True))


def _wrong_theirs(key: source.Scalar, separator: str) -> Diagnostic | None:
    text = key.text
    names = _PLACEHOLDER.findall(text)
    hint = None
    if not all(text.split(separator)):
        message = f"{text!r} is no prefix of segments, separated by {separator}"
    elif re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        message = f"{text} has a brace that is no part of a placeholder"
        hint = "a placeholder is a name in braces, such as {row}"
    elif len(set(names)) < len(names):
        message = f"{text} has a placeholder twice"
        hint = _OWN_NAME
    elif _TOUCHING.search(text):
        message = f"{text} has two placeholders that cannot be told apart"
        hint = "a placeholder stands for letters and digits: another character parts two of them"
    else:
        return None
    return Diagnostic(Code.INVALID_VALUE, message, key.span, hint=hint)


def _wrong_ours(key: source.Scalar, value: source.Scalar) -> Diagnostic | None:
    theirs, ours = (set(_PLACEHOLDER.findall(node.text)) for node in (key, value))
    if not _OURS.fullmatch(value.text):
        message = f"{value.text!r} is no path of the network"
        hint = f"it is a path such as conv1 or conv1.weight, or {DROPPED} to drop the key"
        return Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint)
    if len(_PLACEHOLDER.findall(value.text)) > len(ours):
        message = f"{value.text} has a placeholder twice"
        return Diagnostic(Code.INVALID_VALUE, message, value.span, hint=_OWN_NAME)
    if theirs != ours:
        odd = listed(f"{{{name}}}" for name in sorted(theirs ^ ours))
        message = f"{odd} stands on one side alone"
        hint = "a placeholder stands for the same text on both sides"
        return Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint)
    return None


def _rank(line: KeyRule, separator: str) -> tuple[int, int]:
    """How much of a key the line fixes: whole segments, then what is no placeholder."""
    return line.theirs.count(separator), len(_PLACEHOLDER.sub("", line.theirs))


@lru_cache(maxsize=4096)
def _compiled(pattern: str, separator: str) -> re.Pattern[str]:
    """The pattern as a prefix of whole segments."""
    segments = []
    for segment in pattern.split(separator):
        filling = _SEGMENT if _PLACEHOLDER.fullmatch(segment) else _PART
        texts = _PLACEHOLDER.split(segment)
        texts[::2] = [re.escape(text) for text in texts[::2]]
        texts[1::2] = [f"(?P<{name}>{filling})" for name in texts[1::2]]
        segments.append("".join(texts))
    between = re.escape(separator)
    return re.compile(f"{between.join(segments)}(?={between}|\\Z)")


def _match(pattern: str, separator: str, key: str) -> re.Match[str] | None:
    return _compiled(pattern, separator).match(key)


def _filled(pattern: str, match: re.Match[str]) -> str:
    placeholder_values: Mapping[str, str] = match.groupdict()
    return _PLACEHOLDER.sub(lambda placeholder: placeholder_values[placeholder[1]], pattern)
