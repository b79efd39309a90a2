"""A checkpoint's tensors checked against the network's state, without torch and numpy."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf, isfinite, prod
from typing import Any, NamedTuple, Protocol, TypeVar

from archc.analyses import Analysis
from archc.checks.checkpoints.key_tree import key_tree
from archc.checks.checkpoints.prefixes import find_prefix, rename
from archc.diagnostics import Code, Diagnostic, Hint, closest_match, suggest_name
from archc.diagnostics.collector import MAXIMUM_DIAGNOSTICS
from archc.diagnostics.escapes import escape_line
from archc.diagnostics.wording import counted, listed
from archc.language.sections.checkpoint_keys import KeyMapping, KeyRule, placeholder_values
from archc.network import ir
from archc.ops.operator import Tensor, format_shape

FLOATS = ("float16", "bfloat16", "float32", "float64")
"""The types of weights: real numbers in floating point."""

CLASSES = "classes"
"""Among layers to leave, all those of which one is there for each class."""

_INTEGERS = re.compile("u?int(8|16|32|64)")
_MOST_SUGGESTIONS = 5

T = TypeVar("T")


class Shaped(Protocol):
    """A tensor, of which nothing but its shape matters here."""

    @property
    def shape(self) -> Sequence[int]:
        """The size in each dimension."""


class Match(NamedTuple):
    """What a checkpoint gives a network.

    ``sources`` has, for each key of the network in registration order, the checkpoint's key; None
    for a counter that starts at zero, since a checkpoint from elsewhere has none. ``left`` are the
    layers whose weights are not taken, which are not among ``sources``; ``dropped`` are the keys
    left out on purpose. With ``findings`` the rest does not fit, and is not to be used; ``prefix``
    is then what stands in front of most keys, and is not part of the network's.
    """

    sources: Mapping[str, str | None]
    left: tuple[str, ...]
    dropped: tuple[str, ...]
    missing_heads: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    prefix: str = ""

    @property
    def notes(self) -> list[str]:
        """What there is to know of a checkpoint that fits."""
        notes = []
        if self.left:
            notes.append(f"left as initialised, without weights: {listed(self.left)}")
        if self.missing_heads:
            heads = listed(self.missing_heads)
            notes.append(f"without the auxiliary heads: the checkpoint has no {heads}")
        counters = sum(source is None for source in self.sources.values())
        if counters:
            notes.append(f"{counted(counters, 'counter')} of batches, which it lacks, start at 0")
        if self.dropped:
            notes.append(f"{counted(len(self.dropped), 'key')} dropped as its mapping says")
        return notes

    def pick(self, tensors: Mapping[str, T]) -> dict[str, T | None]:
        """The checkpoint's tensors by the network's keys; None for a counter at zero."""
        return {key: None if name is None else tensors[name] for key, name in self.sources.items()}


def expected_state(analysis: Analysis) -> dict[str, Tensor]:
    """Every entry of the network's state by its key, in registration order."""
    by_name = {row.node.name: row for row in analysis.rows_and_heads}
    return {
        f"{layer.op.path}.{tensor.name}": tensor
        for name in analysis.network.registration
        for layer in by_name[name].layers
        for tensor in layer.op.operator.state(layer.input)
    }


def check_checkpoints(analysis: Analysis) -> list[Diagnostic]:
    """A finding for each line of a declared mapping that leads to nothing in the network."""
    key_mappings = analysis.network.checkpoints
    if not key_mappings:
        return []
    state = expected_state(analysis)
    tree = key_tree(state)
    paths: dict[str, None] = {}
    for key in state:
        segments = key.split(".")
        paths |= dict.fromkeys(".".join(segments[:end]) for end in range(1, len(segments) + 1))
    diagnostics: list[Diagnostic] = []
    for key_mapping in key_mappings.values():
        astray = [
            (rule, rule.ours)
            for rule in sorted(key_mapping.rules, key=lambda rule: rule.span.line)
            if rule.ours is not None and not tree.has(rule.ours)
        ]
        strays = {rule.ours for rule, _ in astray}
        patterns = (rule.ours for rule in key_mapping.rules if rule.ours and "{" in rule.ours)
        example = next((ours for ours in patterns if ours not in strays), None)
        notes: tuple[str, ...] = ()
        if len(astray) > max(3, len(key_mapping.rules) // 2):
            # It is the network that has changed, not each of the lines that is misspelt.
            more = counted(len(astray) - 1, "more line")
            notes = (f"so it is with {more} of {key_mapping.name}",)
            del astray[1:]
        for rule, ours in astray[:MAXIMUM_DIAGNOSTICS]:
            message = f"{rule.theirs} becomes {ours}, and the network has no state there"
            # A network has many paths, and looking for a close one takes its time.
            few = len(diagnostics) < _MOST_SUGGESTIONS
            hint = _path_meant(ours, example, paths) if few else None
            diagnostics.append(
                Diagnostic(Code.UNKNOWN_REFERENCE, message, rule.ours_span, (), notes, hint)
            )
    return diagnostics[:MAXIMUM_DIAGNOSTICS]


def class_layers(analysis: Analysis) -> tuple[str, ...]:
    """The layers whose weights depend on the number of classes, those of auxiliary heads last."""
    network = analysis.network
    nodes = network.rows_and_heads
    paths = [path for node in nodes for path in _of_classes(node, {CLASSES})]
    keys = expected_state(analysis)
    return tuple(path for path in paths if any(key.startswith(f"{path}.") for key in keys))


def match_checkpoint(
    analysis: Analysis,
    tensors: Mapping[str, Shaped],
    key_mapping: KeyMapping | None = None,
    *,
    leave: Collection[str] = (),
    prefix: str = "",
) -> Match:
    """What each tensor of a checkpoint is in the network, or all that keeps them from fitting.

    ``prefix`` is taken off keys that start with it, whole segments. ``key_mapping`` is the mapping
    that they go through then; without one they are as they are. ``leave`` names layers by their
    paths, ``classes`` all that depend on the number of classes: what the checkpoint has for these
    is not taken, and need not be there. Auxiliary heads may be missing, all of them together.
    """
    expected = expected_state(analysis)
    left = _layers(analysis, expected, leave)
    if unknown := _unknown(analysis, expected, left):
        return Match({}, (), (), (), tuple(unknown))
    if prefix:
        prefix = prefix if prefix.endswith((".", "/")) else f"{prefix}."
        if not any(key.startswith(prefix) for key in tensors):
            message = f"no key of the checkpoint starts with {shown(prefix)}"
            return Match({}, (), (), (), (Diagnostic(Code.UNKNOWN_REFERENCE, message),))
    match = _matched(analysis, expected, tensors, key_mapping, left, prefix)
    if prefix or not match.diagnostics:
        return match
    found = find_prefix(expected, tensors, key_mapping)
    if not found:
        return match
    count = sum(key.startswith(found) for key in tensors)
    many = f"all {count}" if count == len(tensors) else f"{count} of {len(tensors)}"
    message = f"{many} keys start with {shown(found)}, which is no part of the network's keys"
    hint = f"archc weights --strip-prefix {shown(found)} takes it off"
    diagnostic = Diagnostic(Code.LEFT_OVER_TENSOR, message, hint=hint)
    stripped = _matched(analysis, expected, tensors, key_mapping, left, found)
    return stripped._replace(diagnostics=(diagnostic, *stripped.diagnostics), prefix=found)


def check_values(analysis: Analysis, given: Mapping[str, Any]) -> list[Diagnostic]:
    """A finding for each tensor that holds what no weight is; the shapes are known to fit.

    ``given`` are tensors of torch or arrays of numpy, by keys of the network. Weights are finite
    numbers in floating point, of any precision that computes; counters are integers.
    """
    expected = expected_state(analysis)
    diagnostics = []
    for key, tensor in given.items():
        if tensor is None:
            continue
        kind = str(tensor.dtype).rpartition(".")[2]
        counts = _counts(expected[key])
        if not _INTEGERS.fullmatch(kind) if counts else kind not in FLOATS:
            needed = "an integer" if counts else f"one of {', '.join(FLOATS)}"
            message = f"{key} is of type {kind}, and {needed} is needed"
            hint = "a checkpoint may lack all of these counters" if counts else None
            diagnostics.append(Diagnostic(Code.INVALID_CHECKPOINT, message, hint=hint))
            continue
        # Both are NaN where an element is, and no tensor is made on the way.
        least, most = float(tensor.min()), float(tensor.max())
        if not (isfinite(least) and isfinite(most)):
            odd = prod(tensor.shape) - int((abs(tensor) < inf).sum())
            which = "that is no finite number" if odd == 1 else "that are no finite numbers"
            message = f"{key} has {counted(odd, 'element')} {which}"
            diagnostics.append(Diagnostic(Code.INVALID_CHECKPOINT, message))
        elif key.endswith(".running_var") and least < 0:
            message = f"{key} has a negative element, and no variance is negative"
            diagnostics.append(Diagnostic(Code.INVALID_CHECKPOINT, message))
    return diagnostics


def shown(key: str) -> str:
    """A key from a file, in a message: one line, and not too long."""
    return escape_line(key if len(key) <= 200 else f"{key[:200]}...")


def _path_meant(ours: str, example: str | None, paths: Mapping[str, None]) -> Hint | None:
    """The path that is meant; what its placeholders stand for, another line tells."""
    filled = (placeholder_values(example, path) for path in paths if example)
    filling = next(filter(None, filled), None) if "{" in ours else {}
    if filling is None or any(f"{{{name}}}" not in ours for name in filling):
        return None
    meant = ours
    for name, text in filling.items():
        meant = meant.replace(f"{{{name}}}", text)
    close = closest_match(meant, paths)
    for name, text in filling.items():
        close = close.replace(text, f"{{{name}}}", 1) if close else None
    return suggest_name(ours, [close]) if close else None


def _of_classes(node: ir.Node, symbols: Collection[str]) -> Iterator[str]:
    """The operators at or below the node with a field that is one of the symbols."""
    if isinstance(node, ir.Op):
        if any(symbol in symbols for symbol in node.symbols.values()):
            yield node.path
        return
    if isinstance(node, ir.Call):
        inside = {name for name, cell in node.arguments.items() if cell.symbol in symbols}
        symbols = {CLASSES, *inside}
    for child in node.children:
        yield from _of_classes(child, symbols)


def _layers(
    analysis: Analysis, expected: Mapping[str, Tensor], names: Iterable[str]
) -> tuple[str, ...]:
    """The paths of the layers named, each once; the word ``classes`` stands for several."""
    paths: dict[str, None] = {}
    for name in names:
        is_word = name == CLASSES and not any(key.startswith(f"{CLASSES}.") for key in expected)
        paths |= dict.fromkeys(class_layers(analysis) if is_word else (name,))
    return tuple(paths)


def _unknown(
    analysis: Analysis, expected: Mapping[str, Tensor], left: tuple[str, ...]
) -> list[Diagnostic]:
    """A finding for each name that is no layer with weights."""
    diagnostics = []
    for name in left:
        if not any(key.startswith(f"{name}.") for key in expected):
            message = f"{shown(name)} is no layer with weights of {analysis.network.name}"
            paths = dict.fromkeys(key.rpartition(".")[0] for key in expected)
            hint = suggest_name(name, paths)
            diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, hint=hint))
    return diagnostics


def _matched(
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
    by_rules: dict[str, tuple[KeyRule, ...]] = {}
    for theirs in tensors:
        key, rules = rename(theirs, key_mapping, prefix)
        by_rules[theirs] = rules
        if len(rules) > 1:
            fitting = listed(rule.theirs for rule in rules)
            message = f"{shown(theirs)} fits {fitting} alike: which of them is meant?"
            diagnostics.append(Diagnostic(Code.AMBIGUOUS_KEY, message, rules[0].span))
        elif key is None:
            dropped.append(theirs)
        elif key in found:
            message = f"{shown(found[key])} and {shown(theirs)} both become {shown(key)}"
            place = next((rule.span for rule in (*rules, *by_rules[found[key]])), None)
            diagnostics.append(Diagnostic(Code.AMBIGUOUS_KEY, message, place))
        else:
            found[key] = theirs
    heads = _missing_heads(analysis, expected, found)
    absent = tuple(f"{name}." for name in (*heads, *left))
    wanted = {key: tensor for key, tensor in expected.items() if not key.startswith(absent)}
    counters = {key for key, tensor in wanted.items() if _counts(tensor)}
    starting = counters if counters.isdisjoint(found) else set()
    for key, tensor in wanted.items():
        if key not in found and key not in starting:
            shape = _written(tensor.shape)
            diagnostics.append(Diagnostic(Code.MISSING_TENSOR, f"{key}, {shape}, is missing"))
        elif key in found and tuple(tensors[found[key]].shape) != tensor.shape:
            shape, needed = _written(tensors[found[key]].shape), _written(tensor.shape)
            message = f"{_origin(found[key], key)} is {shape}, and {needed} is needed"
            diagnostics.append(Diagnostic(Code.WRONG_SHAPE, message))
    diagnostics += [
        Diagnostic(
            Code.LEFT_OVER_TENSOR,
            f"{_origin(theirs, key)}, {_written(tensors[theirs].shape)}, is nothing in the network",
        )
        for key, theirs in found.items()
        if key not in expected and not key.startswith(absent)
    ]
    sources = {key: found.get(key) for key in wanted}
    return Match(sources, left, tuple(dropped), heads, tuple(diagnostics))


def _missing_heads(
    analysis: Analysis, expected: Collection[str], found: Collection[str]
) -> tuple[str, ...]:
    """The auxiliary heads where nothing of any of them is there; one of two is no network."""
    heads = tuple(head.name for head in analysis.network.aux)
    prefixes = tuple(f"{head}." for head in heads)
    there = any(key.startswith(prefixes) for key in found)
    return heads if not there and any(key.startswith(prefixes) for key in expected) else ()


def _counts(tensor: Tensor) -> bool:
    """Whether it counts the batches that a norm has seen, from which nothing is computed."""
    return tensor.shape == () and not tensor.learned


def _origin(theirs: str, ours: str) -> str:
    return shown(theirs) if theirs == ours else f"{shown(theirs)} ({shown(ours)} here)"


def _written(shape: Sequence[int]) -> str:
    return format_shape(tuple(shape)) or "a single number"
