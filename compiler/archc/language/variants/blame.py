"""Which line of a variant, or which setting, causes a fault in what the variant extends.

The spec is compiled again without some of its changes: the fewest whose removal cures the finding
are its cause. The search is delta debugging (Zeller, Hildebrandt, 2002), first over whole sections,
then over the entries of the one to blame, and so on down. It runs for faulty specs alone, and it
stops at a fixed amount of work.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple, TypeVar

from archc.diagnostics import Code, Diagnostic, Label, Replacement
from archc.diagnostics.collector import MAXIMUM_DIAGNOSTICS
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import listed
from archc.language.sections.models import channels_first
from archc.language.settings import Settings, format_setting
from archc.language.variants.extends import NOT_INHERITED
from archc.language.yaml.source import Entry, Mapping, Scalar
from archc.network.names import is_kind

MOST_WORK = 60_000
"""The layers that are looked at in search of a cause, those of all attempts together."""
MOST_CAUSES = 3
"""Of more entries that only together cause a fault, the section is named that holds them."""

SETTINGS = -1
"""In place of a document's number."""

Path = tuple[str, ...]
"""Keys that lead from the top of a document to one of its entries."""
T = TypeVar("T")


class Judgement(NamedTuple):
    """What is found in a spec, and how many layers were looked at to find it."""

    diagnostics: Sequence[Diagnostic]
    work: int


Judge = Callable[[Sequence[Mapping], Settings], Judgement]
"""Compiles documents, each of which extends the next, with values for their parameters."""


def blame(
    diagnostics: Sequence[Diagnostic],
    documents: Sequence[Mapping],
    settings: Settings,
    judge: Judge,
) -> list[Diagnostic]:
    """The findings; those that a change causes are shown at that change.

    A change is an entry of a variant, or a setting. ``documents`` begin with the spec itself, and
    each extends the next; ``judge`` gives ``findings`` for all of them with all settings.
    """
    if (diagnostic := _channels_last(diagnostics, documents, settings, judge)) is not None:
        return [diagnostic]
    return _Search(diagnostics, documents, settings, judge).result()


def _channels_last(
    diagnostics: Sequence[Diagnostic],
    documents: Sequence[Mapping],
    settings: Settings,
    judge: Judge,
) -> Diagnostic | None:
    """Whether all is well once an input of height x width x channels is turned round."""
    if any(diagnostic.code not in (Code.SHAPE, Code.CONCAT) for diagnostic in diagnostics):
        return None
    for number, document in enumerate(documents):
        old = document.get("input")
        if not isinstance(old, Scalar):
            continue
        turned = channels_first(old.text)
        first = diagnostics[0].span
        if turned is None or first is None:
            return None
        entries = (
            Entry(key, Scalar(turned, turned, old.span) if value is old else value)
            for key, value in document.entries
        )
        changed = [*documents[:number], document._replace(entries=tuple(entries))]
        if judge([*changed, *documents[number + 1 :]], settings).diagnostics:
            return None
        channels, size = old.text.split("x", 1)
        return Diagnostic(
            Code.INVALID_VALUE,
            f"input {old.text} is {channels} channels of {size}: channels come first",
            old.span,
            (Label(first, diagnostics[0].message),),
            hint=Replacement(turned, f"write {turned}", safe=True),
        )
    return None


class _Search:
    def __init__(
        self,
        diagnostics: Sequence[Diagnostic],
        documents: Sequence[Mapping],
        settings: Settings,
        judge: Judge,
    ) -> None:
        self.diagnostics = diagnostics
        self.documents = documents
        self.settings = settings
        self.judge = judge
        self.before = {_key(diagnostic) for diagnostic in diagnostics}
        self.work = 0
        self.judged: dict[tuple[int, frozenset[Path]], set[object]] = {}

    def result(self) -> list[Diagnostic]:
        own = self.documents[0].span.source
        pending = list(self.diagnostics)
        blamed: list[Diagnostic] = []
        while pending:
            diagnostic = pending.pop(0)
            if diagnostic.span is None:
                blamed.append(diagnostic)
            elif names := self.settings_behind(diagnostic):
                blamed.append(_by_settings(diagnostic, names, self.settings))
            elif diagnostic.span.source is own:
                blamed.append(diagnostic)
            elif (cause := self.entries_behind(diagnostic)) is None:
                blamed.append(_extended(diagnostic, self.documents[0].span))
            else:
                number, paths = cause
                left = self.found_without(number, paths)
                codes = diagnostic.code, Code.LIMIT  # the last may say that there are too many
                alike = [f for f in pending if f.code in codes and _key(f) not in left]
                pending = [f for f in pending if f not in alike]
                entries = [_entry(self.documents[number], path) for path in paths]
                shown = _by_entries(diagnostic, entries, len(alike))
                blamed.append(shown if number == 0 else _extended(shown, self.documents[0].span))
        return blamed

    def settings_behind(self, diagnostic: Diagnostic) -> Sequence[str]:
        """The settings without which the finding is not there."""
        paths = [(name,) for name in self.settings]
        if not paths or not self.cures(diagnostic, SETTINGS, paths):
            return ()
        return [name for (name,) in self.fewest(diagnostic, SETTINGS, paths, ())[0]]

    def entries_behind(self, diagnostic: Diagnostic) -> tuple[int, Sequence[Path]] | None:
        """The document, and those of its entries without which the finding is not there."""
        if _key(diagnostic) not in self.found_without(0, ()):
            return None  # something else made it: a network whose settings are not known any more
        for number, document in enumerate(self.documents[:-1]):
            keys = (key.text for key, _ in document.entries)
            paths = [(key,) for key in keys if key not in (*NOT_INHERITED, "extends")]
            if paths and self.cures(diagnostic, number, paths):
                causes = self.narrowed(diagnostic, number, paths, ())
                return (number, causes) if len(causes) <= MOST_CAUSES else None
        return None

    def narrowed(
        self, diagnostic: Diagnostic, number: int, paths: Sequence[Path], fixed: Sequence[Path]
    ) -> Sequence[Path]:
        """The fewest of the entries, or of what stands below them, that cause the finding.

        ``fixed`` are gone as well.
        """
        causes, fixed = self.fewest(diagnostic, number, paths, fixed)
        for path in causes:
            others = [*fixed, *(other for other in causes if other != path)]
            below = _below(self.documents[number], [path])
            if not self.cures(diagnostic, number, [*others, *below]):
                # A layer needs its kind; what stands behind the kind may go.
                kinds = [deep for deep in below if is_kind(deep[-1])]
                below = [deep for deep in below if deep not in kinds]
                below += _below(self.documents[number], kinds)
            if below and self.cures(diagnostic, number, [*others, *below]):
                part = self.narrowed(diagnostic, number, below, others)
                if len(part) <= MOST_CAUSES:
                    causes = [*(other for other in causes if other != path), *part]
        return causes

    def fewest(
        self, diagnostic: Diagnostic, number: int, paths: Sequence[Path], fixed: Sequence[Path]
    ) -> tuple[Sequence[Path], Sequence[Path]]:
        """The fewest of the entries that cause the finding; what has to be gone beside them."""
        together = fewest(paths, lambda part: self.cures(diagnostic, number, [*fixed, *part]))
        for path in together if len(together) > 1 else ():
            # The others may cause another error, which this one hides.
            others = [*fixed, *(other for other in together if other != path)]
            stays = _key(diagnostic) in self.found_without(number, others)
            if stays and _key(diagnostic) not in self.found_without(number, [*fixed, path]):
                return [path], others
        return together, fixed

    def cures(self, diagnostic: Diagnostic, number: int, paths: Sequence[Path]) -> bool:
        """Whether the finding is gone without these entries, and nothing else is wrong instead."""
        after = self.found_without(number, paths)
        is_cut = len(self.diagnostics) > MAXIMUM_DIAGNOSTICS
        return _key(diagnostic) not in after and (is_cut or after <= self.before)

    def found_without(self, number: int, paths: Sequence[Path]) -> set[object]:
        """What is found without these entries; all as before where the work is used up."""
        gone = frozenset(paths)
        if (number, gone) not in self.judged:
            if self.work > MOST_WORK:
                return self.before
            documents, settings = list(self.documents), self.settings
            if number == SETTINGS:
                settings = {key: value for key, value in settings.items() if (key,) not in gone}
            else:
                documents[number] = _without(documents[number], gone)
            diagnostics, work = self.judge(documents, settings)
            self.work += work
            self.judged[number, gone] = {_key(found) for found in diagnostics}
        return self.judged[number, gone]


def fewest(parts: Sequence[T], cures: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """Parts of which all are needed to cure; ``parts`` together do."""
    pieces = 2
    while len(parts) > 1:
        size = -(-len(parts) // pieces)
        chunks = [parts[start : start + size] for start in range(0, len(parts), size)]
        rests = [[p for other in chunks if other is not c for p in other] for c in chunks]
        if (chunk := next(filter(cures, chunks), None)) is not None:
            parts, pieces = chunk, 2
        elif len(chunks) > 2 and (rest := next(filter(cures, rests), None)) is not None:
            parts, pieces = rest, max(len(chunks) - 1, 2)
        elif size == 1:
            break
        else:
            pieces = min(2 * pieces, len(parts))
    return parts


def _by_settings(diagnostic: Diagnostic, names: Sequence[str], settings: Settings) -> Diagnostic:
    set_to = " and ".join(f"{name}={format_setting(settings[name])}" for name in names)
    note = f"set by {set_to}: the spec itself has no such error"
    return diagnostic._replace(notes=(*diagnostic.notes, note))


def _by_entries(diagnostic: Diagnostic, entries: Sequence[Entry], more: int) -> Diagnostic:
    """The finding at the first of the entries, with where it showed up beside it."""
    assert diagnostic.span is not None
    first, *others = (_place(entry) for entry in entries)
    labels = [Label(other, "together with this") for other in others]
    labels.append(Label(diagnostic.span, "the error is here, in what this spec extends"))
    words = listed(entry.key.text for entry in entries)
    caused = "causes this: without it" if len(entries) == 1 else "cause this: without them"
    note = f"{words} {caused}, the error is gone"
    if more:
        note += f", and so {'is' if more == 1 else 'are'} {more} more"
    return diagnostic._replace(
        span=first,
        labels=(*labels, *diagnostic.labels),
        notes=(*diagnostic.notes, note),
        # A replacement is one of what stands at the error.
        hint=None if isinstance(diagnostic.hint, Replacement) else diagnostic.hint,
    )


def _extended(diagnostic: Diagnostic, variant: Span) -> Diagnostic:
    start = variant._replace(end_line=variant.line, end_column=variant.column + 1)
    return diagnostic._replace(labels=(*diagnostic.labels, Label(start, "extended by this spec")))


def _place(entry: Entry) -> Span:
    whole = entry.key.span.to(entry.value.span)
    return whole if whole.line == whole.end_line else entry.key.span


def _key(diagnostic: Diagnostic) -> object:
    return diagnostic.code, diagnostic.span


def _without(document: Mapping, paths: Collection[Path]) -> Mapping:
    entries = []
    for key, value in document.entries:
        below = {path[1:] for path in paths if path[0] == key.text}
        if () not in below:
            kept = _without(value, below) if below and isinstance(value, Mapping) else value
            entries.append(Entry(key, kept))
    return document._replace(entries=tuple(entries))


def _entry(document: Mapping, path: Path) -> Entry:
    (entry,) = (entry for entry in document.entries if entry.key.text == path[0])
    if len(path) == 1:
        return entry
    assert isinstance(entry.value, Mapping)
    return _entry(entry.value, path[1:])


def _below(document: Mapping, paths: Iterable[Path]) -> list[Path]:
    """The entries directly below those at ``paths``."""
    values = ((path, _entry(document, path).value) for path in paths)
    return [
        (*path, key.text)
        for path, value in values
        if isinstance(value, Mapping)
        for key, _ in value.entries
    ]
