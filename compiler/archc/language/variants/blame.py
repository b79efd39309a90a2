"""Find the line of a variant, or the setting, that causes an error in the variant's base.

The spec is compiled again without some of its changes. The smallest set of changes without which
the error disappears is its cause. The search is delta debugging (Zeller, Hildebrandt, 2002): first
over whole sections, then over the entries of the section that causes the error, and so on. It runs
only for invalid specs, and stops after a fixed amount of work.

For example, a variant changes the stride of conv1 to 4 and its filters to 32, and a 7x7 window of
the base no longer fits. The error is at the window, and it disappears without the variant's stride.
So it is reported at the stride.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple, TypeVar

from archc.diagnostics import Code, Diagnostic, Label, Replacement
from archc.diagnostics.collector import MAXIMUM_DIAGNOSTICS
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import join_words
from archc.language.sections.keys import NOT_INHERITED
from archc.language.sections.models import channels_first
from archc.language.settings import Settings, format_setting
from archc.language.yaml.nodes import Entry, Mapping, Scalar
from archc.network.names import is_kind

MOST_WORK = 60_000
"""Layers that all attempts of a search may compile together."""
MOST_CAUSES = 3
"""If more entries than this cause an error together, their section is named instead."""

SETTINGS = -1
"""Stands for the settings in place of a document's index."""

Path = tuple[str, ...]
"""The keys from the top of a document down to one of its entries."""
T = TypeVar("T")


class Attempt(NamedTuple):
    """The diagnostics of a changed spec, and the number of layers compiled to find them."""

    diagnostics: Sequence[Diagnostic]
    work: int


Recompile = Callable[[Sequence[Mapping], Settings], Attempt]
"""Compiles documents, each of which extends the next, with settings."""


def blame(
    diagnostics: Sequence[Diagnostic],
    documents: Sequence[Mapping],
    settings: Settings,
    recompile: Recompile,
) -> list[Diagnostic]:
    """Return the diagnostics, each moved to the change that causes it, if there is one.

    A change is an entry of a variant, or a setting. ``documents`` starts with the spec itself, and
    each document extends the next. ``diagnostics`` are those of ``recompile`` for all documents and
    settings.
    """
    if (diagnostic := _channels_last(diagnostics, documents, settings, recompile)) is not None:
        return [diagnostic]
    return _Search(diagnostics, documents, settings, recompile).run()


def _channels_last(
    diagnostics: Sequence[Diagnostic],
    documents: Sequence[Mapping],
    settings: Settings,
    recompile: Recompile,
) -> Diagnostic | None:
    """Return a diagnostic if the only error is an input in the order height x width x channels."""
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
        if recompile([*changed, *documents[number + 1 :]], settings).diagnostics:
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
        recompile: Recompile,
    ) -> None:
        self.diagnostics = diagnostics
        self.documents = documents
        self.settings = settings
        self.recompile = recompile
        self.before = {_key(diagnostic) for diagnostic in diagnostics}
        self.work = 0
        self.attempts: dict[tuple[int, frozenset[Path]], set[object]] = {}

    def run(self) -> list[Diagnostic]:
        own = self.documents[0].span.source
        pending = list(self.diagnostics)
        blamed: list[Diagnostic] = []
        while pending:
            diagnostic = pending.pop(0)
            if diagnostic.span is None:
                blamed.append(diagnostic)
            elif names := self.causing_settings(diagnostic):
                blamed.append(_by_settings(diagnostic, names, self.settings))
            elif diagnostic.span.source is own:
                blamed.append(diagnostic)
            elif (cause := self.causing_entries(diagnostic)) is None:
                blamed.append(_label_variant(diagnostic, self.documents[0].span))
            else:
                number, paths = cause
                left = self.errors_without(number, paths)
                codes = diagnostic.code, Code.LIMIT  # LIMIT: there are too many diagnostics
                alike = [f for f in pending if f.code in codes and _key(f) not in left]
                pending = [f for f in pending if f not in alike]
                entries = [_entry(self.documents[number], path) for path in paths]
                moved = _by_entries(diagnostic, entries, len(alike))
                variant = self.documents[0].span
                blamed.append(moved if number == 0 else _label_variant(moved, variant))
        return blamed

    def causing_settings(self, diagnostic: Diagnostic) -> Sequence[str]:
        """Return the settings without which the error disappears."""
        paths = [(name,) for name in self.settings]
        if not paths or not self.cures(diagnostic, SETTINGS, paths):
            return ()
        return [name for (name,) in self.fewest(diagnostic, SETTINGS, paths, ())[0]]

    def causing_entries(self, diagnostic: Diagnostic) -> tuple[int, Sequence[Path]] | None:
        """Return a document's index, and its entries without which the error disappears."""
        if _key(diagnostic) not in self.errors_without(0, ()):
            return None  # recompiling does not reproduce it: the network's settings are unknown
        for number, document in enumerate(self.documents[:-1]):
            keys = (key.text for key, _ in document.entries)
            paths = [(key,) for key in keys if key not in (*NOT_INHERITED, "extends")]
            if paths and self.cures(diagnostic, number, paths):
                causes = self.narrow(diagnostic, number, paths, ())
                return (number, causes) if len(causes) <= MOST_CAUSES else None
        return None

    def narrow(
        self, diagnostic: Diagnostic, number: int, paths: Sequence[Path], fixed: Sequence[Path]
    ) -> Sequence[Path]:
        """Return the fewest entries, at ``paths`` or below, that cause the error.

        The entries at ``fixed`` are removed as well.
        """
        causes, fixed = self.fewest(diagnostic, number, paths, fixed)
        for path in causes:
            others = [*fixed, *(other for other in causes if other != path)]
            below = _below(self.documents[number], [path])
            if not self.cures(diagnostic, number, [*others, *below]):
                # A layer needs its kind, but not the fields below the kind.
                kinds = [deep for deep in below if is_kind(deep[-1])]
                below = [deep for deep in below if deep not in kinds]
                below += _below(self.documents[number], kinds)
            if below and self.cures(diagnostic, number, [*others, *below]):
                part = self.narrow(diagnostic, number, below, others)
                if len(part) <= MOST_CAUSES:
                    causes = [*(other for other in causes if other != path), *part]
        return causes

    def fewest(
        self, diagnostic: Diagnostic, number: int, paths: Sequence[Path], fixed: Sequence[Path]
    ) -> tuple[Sequence[Path], Sequence[Path]]:
        """Return the fewest entries that cause the error, and the entries removed besides them."""
        together = fewest(paths, lambda part: self.cures(diagnostic, number, [*fixed, *part]))
        for path in together if len(together) > 1 else ():
            # The others may cause a different error, which this error hides.
            others = [*fixed, *(other for other in together if other != path)]
            stays = _key(diagnostic) in self.errors_without(number, others)
            if stays and _key(diagnostic) not in self.errors_without(number, [*fixed, path]):
                return [path], others
        return together, fixed

    def cures(self, diagnostic: Diagnostic, number: int, paths: Sequence[Path]) -> bool:
        """Return whether removing the entries removes the error without adding another one."""
        after = self.errors_without(number, paths)
        is_cut = len(self.diagnostics) > MAXIMUM_DIAGNOSTICS
        return _key(diagnostic) not in after and (is_cut or after <= self.before)

    def errors_without(self, number: int, paths: Sequence[Path]) -> set[object]:
        """Return the errors without these entries; the spec's errors once MOST_WORK is exceeded."""
        gone = frozenset(paths)
        if (number, gone) not in self.attempts:
            if self.work > MOST_WORK:
                return self.before
            documents, settings = list(self.documents), self.settings
            if number == SETTINGS:
                settings = {key: value for key, value in settings.items() if (key,) not in gone}
            else:
                documents[number] = _without(documents[number], gone)
            diagnostics, work = self.recompile(documents, settings)
            self.work += work
            self.attempts[number, gone] = {_key(found) for found in diagnostics}
        return self.attempts[number, gone]


def fewest(parts: Sequence[T], cures: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """Return a minimal subset of ``parts`` that cures: without any one of them, it does not.

    All ``parts`` together cure. This is ddmin: try each of n chunks alone, then the parts without
    one chunk, then double n. For example, 1 and 4 of the parts 1234 are needed: 12 and 34 do not
    cure, no single part does, 134 does, 14 does.
    """
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
    note = f"caused by {set_to}: the spec itself has no such error"
    return diagnostic._replace(notes=(*diagnostic.notes, note))


def _by_entries(diagnostic: Diagnostic, entries: Sequence[Entry], more: int) -> Diagnostic:
    """Return the diagnostic at the first entry, with its original place as a label."""
    assert diagnostic.span is not None
    first, *others = (_place(entry) for entry in entries)
    labels = [Label(other, "together with this entry") for other in others]
    labels.append(Label(diagnostic.span, "the error is here, in the base"))
    words = join_words(entry.key.text for entry in entries)
    what, causes, it = "the entry", "causes", "it"
    if len(entries) > 1:
        what, causes, it = "the entries", "cause", "them"
    errors = f"this error and {more} more disappear" if more else "the error disappears"
    note = f"{what} {words} {causes} this: without {it}, {errors}"
    return diagnostic._replace(
        span=first,
        labels=(*labels, *diagnostic.labels),
        notes=(*diagnostic.notes, note),
        # A replacement would apply to the text at the original place.
        hint=None if isinstance(diagnostic.hint, Replacement) else diagnostic.hint,
    )


def _label_variant(diagnostic: Diagnostic, variant: Span) -> Diagnostic:
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
    """Return the entries directly below those at ``paths``."""
    values = ((path, _entry(document, path).value) for path in paths)
    return [
        (*path, key.text)
        for path, value in values
        if isinstance(value, Mapping)
        for key, _ in value.entries
    ]
