"""Match a checkpoint's tensors with a network's state by key and shape.

Needs neither torch nor numpy.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from archc.analyses import Analysis
from archc.checks.checkpoints.prefixes import find_prefix, map_key
from archc.checks.checkpoints.state import (
    CLASSES,
    class_layers,
    expected_state,
    is_counter,
    show_key,
)
from archc.diagnostics import Code, Diagnostic, suggest_name
from archc.diagnostics.wording import join_words, pluralize
from archc.language.sections.checkpoint_keys import KeyMapping, KeyRule
from archc.ops.operator import Tensor, format_shape

T = TypeVar("T")


class Shaped(Protocol):
    """Any tensor; only its shape is used."""

    @property
    def shape(self) -> Sequence[int]:
        """The size in each dimension."""


class Match(NamedTuple):
    """Which tensor of a checkpoint is used for each key of a network.

    ``sources`` has the checkpoint's key for each key of the network, in registration order; None
    for a counter that starts at zero because the checkpoint has no counters. ``left`` are the
    layers whose weights are not loaded, ``dropped`` the keys that the mapping drops.

    With ``diagnostics`` the checkpoint does not fit. ``prefix`` is then the start of most of its
    keys, if the network's keys do not have it.
    """

    sources: Mapping[str, str | None]
    left: tuple[str, ...]
    dropped: tuple[str, ...]
    missing_heads: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    prefix: str = ""

    @property
    def notes(self) -> list[str]:
        """Notes for the user about a checkpoint that fits."""
        notes = []
        if self.left:
            notes.append(f"not loaded, left as initialised: {join_words(self.left)}")
        if self.missing_heads:
            heads = join_words(self.missing_heads)
            notes.append(f"auxiliary heads left out: the checkpoint has no weights for {heads}")
        counters = sum(source is None for source in self.sources.values())
        if counters:
            missing = pluralize(counters, "batch counter")
            notes.append(f"{missing} missing from the checkpoint, set to 0")
        if self.dropped:
            notes.append(f"{pluralize(len(self.dropped), 'key')} dropped by the mapping")
        return notes

    def pick(self, tensors: Mapping[str, T]) -> dict[str, T | None]:
        """Return the checkpoint's tensors by the network's keys; None for counters set to zero."""
        return {key: None if name is None else tensors[name] for key, name in self.sources.items()}


def match_checkpoint(
    analysis: Analysis,
    tensors: Mapping[str, Shaped],
    key_mapping: KeyMapping | None = None,
    *,
    leave: Collection[str] = (),
    prefix: str = "",
) -> Match:
    """Match the checkpoint's tensors with the network's state.

    ``prefix``, in whole segments, is first removed from the keys that start with it; then
    ``key_mapping`` maps the keys, if there is one. ``leave`` names layers by path whose weights
    are not loaded and may be missing; ``classes`` means all that depend on the number of classes.
    The checkpoint may lack all auxiliary heads, but not some of them.
    """
    expected = expected_state(analysis)
    left = _layers_to_leave(analysis, expected, leave)
    if unknown := _check_layers(analysis, expected, left):
        return Match({}, (), (), (), tuple(unknown))
    if prefix:
        prefix = prefix if prefix.endswith((".", "/")) else f"{prefix}."
        if not any(key.startswith(prefix) for key in tensors):
            message = f"no key of the checkpoint starts with {show_key(prefix)}"
            return Match({}, (), (), (), (Diagnostic(Code.UNKNOWN_REFERENCE, message),))
    match = _match(analysis, expected, tensors, key_mapping, left, prefix)
    if prefix or not match.diagnostics:
        return match
    found = find_prefix(expected, tensors, key_mapping)
    if not found:
        return match
    count = sum(key.startswith(found) for key in tensors)
    many = f"all {count}" if count == len(tensors) else f"{count} of {len(tensors)}"
    message = f"{many} keys start with {show_key(found)}, but the network's keys do not"
    hint = f"use archc weights --strip-prefix {show_key(found)}"
    diagnostic = Diagnostic(Code.LEFT_OVER_TENSOR, message, hint=hint)
    stripped = _match(analysis, expected, tensors, key_mapping, left, found)
    return stripped._replace(diagnostics=(diagnostic, *stripped.diagnostics), prefix=found)


def _layers_to_leave(
    analysis: Analysis, expected: Mapping[str, Tensor], names: Iterable[str]
) -> tuple[str, ...]:
    """Return the paths of the named layers, each once, with ``classes`` replaced by its layers."""
    paths: dict[str, None] = {}
    for name in names:
        is_word = name == CLASSES and not any(key.startswith(f"{CLASSES}.") for key in expected)
        paths |= dict.fromkeys(class_layers(analysis) if is_word else (name,))
    return tuple(paths)


def _check_layers(
    analysis: Analysis, expected: Mapping[str, Tensor], names: tuple[str, ...]
) -> list[Diagnostic]:
    """Return a diagnostic for each name that is not a layer with weights."""
    diagnostics = []
    for name in names:
        if not any(key.startswith(f"{name}.") for key in expected):
            message = f"{analysis.network.name} has no layer {show_key(name)} with weights"
            paths = dict.fromkeys(key.rpartition(".")[0] for key in expected)
            hint = suggest_name(name, paths)
            diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, hint=hint))
    return diagnostics


def _match(
    analysis: Analysis,
    expected: Mapping[str, Tensor],
    tensors: Mapping[str, Shaped],
    key_mapping: KeyMapping | None,
    left: tuple[str, ...],
    prefix: str,
) -> Match:
    diagnostics: list[Diagnostic] = []
    found: dict[str, str] = {}
    dropped: list[str] = []
    rules_of: dict[str, tuple[KeyRule, ...]] = {}
    for theirs in tensors:
        key, rules = map_key(theirs, key_mapping, prefix)
        rules_of[theirs] = rules
        if len(rules) > 1:
            matching = join_words(rule.theirs for rule in rules)
            message = f"ambiguous key {show_key(theirs)}: it matches {matching}"
            diagnostics.append(Diagnostic(Code.AMBIGUOUS_KEY, message, rules[0].span))
        elif key is None:
            dropped.append(theirs)
        elif key in found:
            message = f"{show_key(found[key])} and {show_key(theirs)} both map to {show_key(key)}"
            place = next((rule.span for rule in (*rules, *rules_of[found[key]])), None)
            diagnostics.append(Diagnostic(Code.AMBIGUOUS_KEY, message, place))
        else:
            found[key] = theirs
    heads = _missing_heads(analysis, expected, found)
    absent = tuple(f"{name}." for name in (*heads, *left))
    wanted = {key: tensor for key, tensor in expected.items() if not key.startswith(absent)}
    counters = {key for key, tensor in wanted.items() if is_counter(tensor)}
    set_to_zero = counters if counters.isdisjoint(found) else set()
    for key, tensor in wanted.items():
        if key not in found and key not in set_to_zero:
            shape = _format_shape(tensor.shape)
            diagnostics.append(Diagnostic(Code.MISSING_TENSOR, f"{key}, {shape}, is missing"))
        elif key in found and tuple(tensors[found[key]].shape) != tensor.shape:
            shape, needed = _format_shape(tensors[found[key]].shape), _format_shape(tensor.shape)
            message = f"{_format_keys(found[key], key)} is {shape}, expected {needed}"
            diagnostics.append(Diagnostic(Code.WRONG_SHAPE, message))
    for key, theirs in found.items():
        if key not in expected and not key.startswith(absent):
            what = f"{_format_keys(theirs, key)}, {_format_shape(tensors[theirs].shape)},"
            message = f"{what} has no counterpart in the network"
            diagnostics.append(Diagnostic(Code.LEFT_OVER_TENSOR, message))
    sources = {key: found.get(key) for key in wanted}
    return Match(sources, left, tuple(dropped), heads, tuple(diagnostics))


def _missing_heads(
    analysis: Analysis, expected: Collection[str], found: Collection[str]
) -> tuple[str, ...]:
    """Return all auxiliary heads if the checkpoint has none of them, otherwise nothing.

    A checkpoint with some of the heads must have all of them.
    """
    heads = tuple(head.name for head in analysis.network.aux)
    prefixes = tuple(f"{head}." for head in heads)
    has_any = any(key.startswith(prefixes) for key in found)
    return heads if not has_any and any(key.startswith(prefixes) for key in expected) else ()


def _format_keys(theirs: str, ours: str) -> str:
    return show_key(theirs) if theirs == ours else f"{show_key(theirs)} ({show_key(ours)} here)"


def _format_shape(shape: Sequence[int]) -> str:
    return format_shape(tuple(shape)) or "a scalar"
