"""A checkpoint's tensors held against the network's state: names and shapes alone, no torch."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from archc.analysis import Analysis
from archc.diagnostics import Code, Diagnostic, Hint, closest, guess
from archc.findings import MAXIMUM_FINDINGS
from archc.ops.operator import Tensor
from archc.ops.operator import written as written_shape
from archc.renaming import Line, Renaming, fillings, matches
from archc.validation import counted, listed
from archc.visible import one_line

_MOST_SUGGESTIONS = 5


class Shaped(Protocol):
    """A tensor, of which nothing but its shape matters here."""

    @property
    def shape(self) -> Sequence[int]:
        """The size in each dimension."""


class Match(NamedTuple):
    """What a checkpoint gives a network.

    ``sources`` has, for each key of the network in registration order, the checkpoint's key; None
    for a counter that starts at zero, since a checkpoint from elsewhere has none. ``dropped`` are
    the keys left out on purpose. With ``findings`` the rest does not fit, and is not to be used.
    """

    sources: Mapping[str, str | None]
    dropped: tuple[str, ...]
    missing_heads: tuple[str, ...]
    findings: tuple[Diagnostic, ...]

    @property
    def notes(self) -> list[str]:
        """What there is to know of a checkpoint that fits."""
        notes = []
        if self.missing_heads:
            heads = listed(self.missing_heads)
            notes.append(f"without the auxiliary heads: the checkpoint has no {heads}")
        counters = sum(source is None for source in self.sources.values())
        if counters:
            notes.append(f"{counted(counters, 'counter')} of batches, which it lacks, start at 0")
        if self.dropped:
            notes.append(f"{counted(len(self.dropped), 'key')} dropped as its mapping says")
        return notes


def expected_state(analysis: Analysis) -> dict[str, Tensor]:
    """Every entry of the network's state by its key, in registration order."""
    by_name = {row.node.name: row for row in (*analysis.rows, *analysis.aux)}
    return {
        f"{layer.op.path}.{tensor.name}": tensor
        for name in analysis.network.registration
        for layer in by_name[name].layers
        for tensor in layer.op.operator.state(layer.input)
    }


def check_checkpoints(analysis: Analysis) -> list[Diagnostic]:
    """A finding for each line of a declared mapping that leads to nothing in the network."""
    renamings = analysis.network.checkpoints
    if not renamings:
        return []
    paths: dict[str, None] = {}
    for key in expected_state(analysis):
        segments = key.split(".")
        paths |= dict.fromkeys(".".join(segments[:end]) for end in range(1, len(segments) + 1))
    findings: list[Diagnostic] = []
    for renaming in renamings.values():
        astray = [
            (line, line.ours)
            for line in sorted(renaming.lines, key=lambda line: line.span.line)
            if line.ours is not None and not _leads_somewhere(line.ours, paths)
        ]
        notes: tuple[str, ...] = ()
        if len(astray) > max(3, len(renaming.lines) // 2):
            # It is the network that has changed, not each of the lines that is misspelt.
            more = counted(len(astray) - 1, "more line")
            notes = (f"so it is with {more} of {renaming.name}",)
            del astray[1:]
        for line, ours in astray[:MAXIMUM_FINDINGS]:
            message = f"{line.theirs} becomes {ours}, and the network has no state there"
            # A network has many paths, and looking for a close one takes its time.
            few = len(findings) < _MOST_SUGGESTIONS
            hint = _path_meant(ours, renaming, paths) if few else None
            findings.append(
                Diagnostic(Code.UNKNOWN_REFERENCE, message, line.ours_span, (), notes, hint)
            )
    return findings[:MAXIMUM_FINDINGS]


def match_checkpoint(
    analysis: Analysis, tensors: Mapping[str, Shaped], renaming: Renaming | None = None
) -> Match:
    """What each tensor of a checkpoint is in the network, or all that keeps them from fitting.

    ``renaming`` is the mapping that its keys go through; without one they are as they are.
    Auxiliary heads may be missing, all of them together.
    """
    expected = expected_state(analysis)
    findings: list[Diagnostic] = []
    found: dict[str, str] = {}
    dropped: list[str] = []
    by_lines: dict[str, tuple[Line, ...]] = {}
    for theirs in tensors:
        key, lines = renaming.rename(theirs) if renaming else (theirs, ())
        by_lines[theirs] = lines
        if len(lines) > 1:
            fitting = listed(line.theirs for line in lines)
            message = f"{shown(theirs)} fits {fitting} alike: which of them is meant?"
            findings.append(Diagnostic(Code.AMBIGUOUS_KEY, message, lines[0].span))
        elif key is None:
            dropped.append(theirs)
        elif key in found:
            message = f"{shown(found[key])} and {shown(theirs)} both become {shown(key)}"
            place = next((line.span for line in (*lines, *by_lines[found[key]])), None)
            findings.append(Diagnostic(Code.AMBIGUOUS_KEY, message, place))
        else:
            found[key] = theirs
    missing = {key: tensor for key, tensor in expected.items() if key not in found}
    heads = _missing_heads(analysis, expected, missing)
    absent = tuple(f"{head}." for head in heads)
    wanted = {key: tensor for key, tensor in expected.items() if not key.startswith(absent)}
    counters = {key for key, tensor in wanted.items() if _counts(tensor)}
    starting = counters if counters <= missing.keys() else set()
    for key, tensor in wanted.items():
        if key in missing and key not in starting:
            shape = _written(tensor.shape)
            findings.append(Diagnostic(Code.MISSING_TENSOR, f"{key}, {shape}, is missing"))
        elif key in found and tuple(tensors[found[key]].shape) != tensor.shape:
            shape, needed = _written(tensors[found[key]].shape), _written(tensor.shape)
            message = f"{_origin(found[key], key)} is {shape}, and {needed} is needed"
            findings.append(Diagnostic(Code.WRONG_SHAPE, message))
    findings += [
        Diagnostic(
            Code.LEFT_OVER_TENSOR,
            f"{_origin(theirs, key)}, {_written(tensors[theirs].shape)}, is nothing in the network",
        )
        for key, theirs in found.items()
        if key not in expected
    ]
    sources = {key: found.get(key) for key in wanted}
    return Match(sources, tuple(dropped), heads, tuple(findings))


def shown(key: str) -> str:
    """A key from a file, in a message: one line, and not too long."""
    return one_line(key if len(key) <= 200 else f"{key[:200]}...")


def _leads_somewhere(ours: str, paths: Mapping[str, None]) -> bool:
    return ours in paths or ("{" in ours and any(matches(ours, path) for path in paths))


def _path_meant(ours: str, renaming: Renaming, paths: Mapping[str, None]) -> Hint | None:
    """The path that is meant; what its placeholders stand for, other lines tell."""
    filled = (
        filling
        for line in renaming.lines
        for path in paths
        if line.ours and "{" in line.ours and (filling := fillings(line.ours, path))
    )
    filling = next(filled, None) if "{" in ours else {}
    if filling is None or any(f"{{{name}}}" not in ours for name in filling):
        return None
    meant = ours
    for name, text in filling.items():
        meant = meant.replace(f"{{{name}}}", text)
    close = closest(meant, paths)
    for name, text in filling.items():
        close = close.replace(text, f"{{{name}}}", 1) if close else None
    return guess(ours, [close]) if close else None


def _missing_heads(
    analysis: Analysis, expected: Mapping[str, Tensor], missing: Mapping[str, Tensor]
) -> tuple[str, ...]:
    """The auxiliary heads where nothing of any of them is there; one of two is no network."""
    heads = tuple(head.body.name for head in analysis.network.aux)
    keys = {key for key in expected if key.partition(".")[0] in heads}
    return heads if keys and keys <= missing.keys() else ()


def _counts(tensor: Tensor) -> bool:
    """Whether it counts the batches that a norm has seen, from which nothing is computed."""
    return tensor.shape == () and not tensor.learned


def _origin(theirs: str, ours: str) -> str:
    return shown(theirs) if theirs == ours else f"{shown(theirs)}, hence {shown(ours)},"


def _written(shape: Sequence[int]) -> str:
    return written_shape(tuple(shape)) or "a single number"
