"""What can be wrong with a spec or a file, as values: returned on the way, printed at the end."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from posixpath import commonprefix
from typing import NamedTuple

from archc.spans import Span
from archc.visible import one_line

_MANY, _FEW = 10, 5
_LONGEST_GUESSED, _MOST_GUESSED = 200, 5_000  # comparing words takes its time


class Severity(StrEnum):
    """How grave a finding is: an error is a fault, a warning what an expert would point out."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """The kinds of errors; a code never changes its meaning. Those of lints stand in ``lints/``."""

    UNREADABLE = "A101"
    """The file cannot be read: missing, a directory, no permission, not UTF-8, not a spec."""
    SYNTAX = "A102"
    """The text is not YAML."""
    UNSUPPORTED_YAML = "A103"
    """YAML that a spec does without: tags, anchors, aliases, merge keys, several documents."""
    DUPLICATE_KEY = "A104"
    """The same name twice, or two names that differ only in case."""
    LIMIT = "A105"
    """Larger than what archc takes on."""
    UNKNOWN_KEY = "A201"
    """A key that has no meaning where it stands."""
    MISSING_KEY = "A202"
    """Something that must be stated is not."""
    INVALID_VALUE = "A203"
    """A value of the wrong type or out of range."""
    INVALID_NAME = "A204"
    """A name that cannot be a name in the generated code."""
    UNKNOWN_KIND = "A205"
    """A layer of a kind that is neither an operator nor a module of the spec."""
    INVALID_LAYER = "A206"
    """Something other than a layer where a layer must stand."""
    WRONG_COLUMNS = "A207"
    """A row whose cells are not the columns of its module."""
    UNKNOWN_REFERENCE = "A208"
    """A reference to a row, module, parent or model that does not exist."""
    RECURSION = "A209"
    """A module that contains itself, or a spec that extends itself."""
    SHAPE = "A301"
    """A layer that does not fit the shape it is given."""
    CONCAT = "A302"
    """Branches of a Concat, or a Residual and its shortcut, whose shapes do not fit together."""
    MISMATCH = "A401"
    """A printed cell that is neither the computed value nor a declared erratum."""
    STALE_ERRATUM = "A402"
    """An erratum that is not needed, or whose recorded value is not the computed one."""
    OVER_BUDGET = "A403"
    """A network that costs more than its spec allows."""
    STALE_FILE = "A501"
    """A generated file that is not what its spec gives now."""
    MISSING_FILE = "A502"
    """A generated file that is not there."""
    ORPHANED_FILE = "A503"
    """A generated file whose spec is gone."""
    FOREIGN_FILE = "A504"
    """A file that archc did not write, or that was edited since."""
    UNWRITABLE = "A505"
    """The output cannot be written."""
    UNSUPPORTED = "A506"
    """Something the backend cannot express."""
    KEPT_FILE = "A507"
    """A file that holds what the build would lose: given weights, another spec, other settings."""
    DIFFERENT = "A601"
    """The generated code, or a model named as its reference, is not what the analysis says."""
    MISSING_TENSOR = "A701"
    """A tensor of the network's state that a checkpoint lacks."""
    LEFT_OVER_TENSOR = "A702"
    """A tensor of a checkpoint that is nothing in the network."""
    WRONG_SHAPE = "A703"
    """A tensor of a checkpoint whose shape is not that of the network's."""
    AMBIGUOUS_KEY = "A704"
    """Two keys of a checkpoint that become one, or a key that may become two."""
    INVALID_CHECKPOINT = "A705"
    """A checkpoint that is damaged, or holds something other than weights."""
    UNCONVERTIBLE = "A706"
    """A checkpoint that cannot become one of an optimised network, or be turned back."""


class Label(NamedTuple):
    """A further place that matters to a diagnostic, and why."""

    span: Span
    message: str


class Replacement(NamedTuple):
    """A hint that can be carried out: what to write instead of all that the span covers.

    ``words`` is how it is said. ``safe``: nothing else can have been meant, so that
    ``archc check --fix`` writes it.
    """

    text: str
    words: str
    safe: bool

    def __str__(self) -> str:
        return self.words


Hint = str | Replacement


class Diagnostic(NamedTuple):
    """One finding: what is wrong, where, and what would mend it."""

    code: str
    message: str
    span: Span | None = None
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    hint: Hint | None = None
    severity: Severity = Severity.ERROR

    def __repr__(self) -> str:
        return f"<Diagnostic {headline(self)}>"


class SpecError(Exception):
    """A spec could not be used; ``diagnostics`` says why.

    Raised by the Python API alone; inside the compiler findings are values.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(render(finding) for finding in abridge(self.diagnostics)))


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most likely meant; None where none is close."""
    from difflib import get_close_matches  # only a faulty spec pays for it

    near = (name for name in known if len(name) <= min(2 * len(word) + 2, _LONGEST_GUESSED))
    by_folded = {candidate.casefold(): candidate for candidate in islice(near, _MOST_GUESSED)}
    # In a short word one slip is much: `otu` and `out` share less than `cut` and `count` do.
    slips = [folded for folded in by_folded if is_slip(word, folded)]
    cutoff = 0.0 if slips else 0.7
    close = get_close_matches(word.casefold(), slips or by_folded, n=1, cutoff=cutoff)
    return by_folded[close[0]] if close else None


def suggestion(word: str, known: Iterable[str], others: Iterable[str] = ()) -> Replacement | None:
    """``did you mean X?`` for the word of the language closest to ``word``, or None.

    ``others`` are words that could be meant as well, so that the replacement is not safe.
    """
    known = list(known)
    close = closest(word, known)
    if close is None:
        return None
    rivals = (other for other in (*known, *others) if other != close)
    alone = fold(word) == fold(close) or not any(is_slip(word, rival) for rival in rivals)
    hint = meaning(word, close)
    return hint._replace(safe=hint.safe and alone)


def guess(word: str, names: Iterable[str]) -> Replacement | None:
    """The same for names that a spec gives: never safe, for they may be what is misspelt."""
    hint = suggestion(word, names)
    return hint._replace(safe=False) if hint else None


def meaning(word: str, meant: str) -> Replacement:
    """``did you mean X?``, safe to write where ``word`` is one slip of the finger from it."""
    plain = meant[:1].isalpha() and not set(meant) & set("#:,[]{}\"'")
    # In a word of three letters another letter makes another word.
    changed = len(fold(word)) == len(fold(meant)) and sorted(fold(word)) != sorted(fold(meant))
    return Replacement(
        meant if plain else f'"{meant}"',
        f"did you mean {meant}?",
        is_slip(word, meant) and not (changed and len(fold(meant)) < 4),
    )


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """The word without what tools write differently: case, underscores, hyphens and spaces."""
    return word.casefold().translate(_SEPARATORS)


_SEPARATORS = dict.fromkeys(map(ord, "_- "))


def is_slip(word: str, meant: str) -> bool:
    """Whether the words differ in case and separators, or in one letter, or in two swapped."""
    one, other = fold(word), fold(meant)
    if one == other:
        return True
    start = len(commonprefix((one, other)))
    end = len(commonprefix((one[start:][::-1], other[start:][::-1])))
    middle, instead = one[start : len(one) - end], other[start : len(other) - end]
    if len(middle) == 2 and middle == instead[::-1]:
        return True
    return max(len(middle), len(instead)) == 1 and min(len(one), len(other)) >= 3


def abridge(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings as a person reads them: where many of a kind are alike, a few and a count.

    Alike are those with the same code that have the same place, or none, such as one for each
    tensor of a checkpoint. The last that is kept notes how many more there are.
    """
    findings = list(findings)
    counts = Counter((finding.code, finding.span) for finding in findings)
    seen: Counter[tuple[str, Span | None]] = Counter()
    kept = []
    for finding in findings:
        kind = finding.code, finding.span
        seen[kind] += 1
        if counts[kind] > _MANY and seen[kind] == _FEW:
            note = f"and {counts[kind] - _FEW} more like this"
            finding = finding._replace(notes=(*finding.notes, note))
        if counts[kind] <= _MANY or seen[kind] <= _FEW:
            kept.append(finding)
    return kept


def render(finding: Diagnostic) -> str:
    """The finding as text: ``file:line:col: error[CODE] message``, source lines, notes."""
    lines = [headline(finding)]
    if finding.span:
        lines += _excerpt(finding.span, "")
    for label in finding.labels:
        lines.append(f"  {label.span}: {one_line(label.message)}")
        lines += _excerpt(label.span, "")
    lines += [f"  = note: {one_line(note)}" for note in finding.notes]
    if finding.hint:
        lines.append(f"  = hint: {one_line(finding.hint)}")
    return "\n".join(lines)


def headline(finding: Diagnostic) -> str:
    """The finding's first line, which says all but how to mend it."""
    where = f"{finding.span}: " if finding.span else ""
    return f"{where}{finding.severity}[{finding.code}] {one_line(finding.message)}"


def in_file_order(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings by file and position, each once; those without a place come first."""

    def position(finding: Diagnostic) -> tuple[str, int, int]:
        span = finding.span
        return (span.source.name, span.line, span.column) if span else ("", 0, 0)

    return sorted(dict.fromkeys(findings), key=position)


def _excerpt(span: Span, indent: str) -> list[str]:
    text = span.source.line(span.line)
    if not text.strip():
        return []
    last = span.end_column if span.end_line == span.line else len(text) + 1
    # A long line is cut around the token, so that the marker stays in sight.
    start = max(0, span.column - 60) if len(text) > 160 else 0
    shown = "".join(c if c.isprintable() else " " for c in text[start : start + 160])
    width = max(1, min(last - span.column, len(shown) - (span.column - 1 - start)))
    gutter = f"{span.line:>5}"
    return [
        f"{indent}{gutter} | {shown}",
        f"{indent}{' ' * len(gutter)} | {' ' * (span.column - 1 - start)}{'^' * width}",
    ]
