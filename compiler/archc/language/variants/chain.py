"""Read a spec and the specs that it extends."""

from pathlib import Path
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, Hint, Label, Replacement, suggest_name
from archc.diagnostics.spans import Source
from archc.language.spec_files import SpecFile, base_names, find_base
from archc.language.yaml.composer import compose
from archc.language.yaml.nodes import Mapping, Node, Scalar, describe_type
from archc.language.yaml.reading import SUFFIX, read

MAXIMUM_EXTENSIONS = 16

_CACHE: dict[tuple[Path | None, str, str], Mapping | list[Diagnostic]] = {}
_MAXIMUM_CACHED = 64
_MAXIMUM_NAME = 200


class Chain(NamedTuple):
    """The documents and sources of a spec and of the specs that it extends, in this order."""

    documents: tuple[Mapping, ...]
    sources: tuple[Source, ...]


def load_chain(
    source: Source, folder: Path | None, root: Path | None, below: tuple[Path, ...] = ()
) -> Chain | list[Diagnostic]:
    """Return the source's document and those that it extends.

    The extended specs are searched for in ``folder`` and must be within ``root``. ``below`` are the
    files that extend this one.
    """
    document = compose_cached(source)
    if isinstance(document, list):
        return document
    parent = document.get("extends")
    if parent is None:
        return Chain((document,), (source,))
    if len(below) >= MAXIMUM_EXTENSIONS:
        message = f"the chain of extends is longer than {MAXIMUM_EXTENSIONS} specs"
        return [Diagnostic(Code.LIMIT, message, parent.span)]
    if source.path is not None:
        below = (source.path.resolve(), *below)
    file = _find_base(parent, folder, root)
    if isinstance(file, Diagnostic):
        return [file]
    base_source = read(file.path, file.name, file.root)
    base: Chain | list[Diagnostic]
    if isinstance(base_source, Diagnostic):
        base = [base_source]
    elif file.path.resolve() in below:
        message = f"{source.name} extends itself through {file.path.name}"
        return [Diagnostic(Code.RECURSION, message, parent.span)]
    else:
        base = load_chain(base_source, file.path.parent, file.root, below)
    if isinstance(base, list):
        label = Label(parent.span, "extended here")
        return [
            diagnostic._replace(labels=(*diagnostic.labels, label))
            if diagnostic.span is not None
            else diagnostic._replace(span=parent.span)
            for diagnostic in base
        ]
    return Chain((document, *base.documents), (source, *base.sources))


def compose_cached(source: Source) -> Mapping | list[Diagnostic]:
    """Return the source's document, cached since many specs may extend it."""
    key = source.path, source.name, source.digest
    if key not in _CACHE:
        if len(_CACHE) >= _MAXIMUM_CACHED:
            _CACHE.clear()
        _CACHE[key] = compose(source)
    return _CACHE[key]


def _find_base(parent: Node, folder: Path | None, root: Path | None) -> SpecFile | Diagnostic:
    """Return the file of the spec that ``extends`` names."""
    text = parent.text if isinstance(parent, Scalar) else ""
    if not text.endswith(SUFFIX) or Path(text).is_absolute() or len(text) > _MAXIMUM_NAME:
        found = repr(text[:60]) if text else describe_type(parent)
        message = f"extends: expected the file name of a spec such as base.yaml, found {found}"
        hint: Hint | None = suggest_name(text[:_MAXIMUM_NAME], base_names(folder))
        if f"{text}{SUFFIX}" in base_names(folder):
            hint = Replacement(f"{text}{SUFFIX}", f"write {text}{SUFFIX}", safe=True)
        return Diagnostic(Code.INVALID_VALUE, message, parent.span, hint=hint)
    file = find_base(text, folder, root)
    return file._replace(span=parent.span) if isinstance(file, Diagnostic) else file
