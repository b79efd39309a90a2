"""From compiled specs to the files that a backend gives for them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.backend import Backend, Options
from archc.diagnostics import Code, Diagnostic
from archc.library import find_spec
from archc.names import is_name
from archc.pipeline import Compiled
from archc.stamps import Stamp, digest_of, sealed
from archc.writer import File, find_orphans

if TYPE_CHECKING:
    from archc.optimize import Recipe


def emit_files(
    compiled: Iterable[Compiled],
    backend: Backend,
    folder: Path,
    settings: Mapping[str, float] | None = None,
    weights: Mapping[str, Any] | None = None,
    recipe: "Recipe | None" = None,
) -> tuple[list[File], list[Diagnostic]]:
    """Every file that the specs give, stamps included, and what keeps one from being given.

    ``settings`` are the parameters that the specs were compiled with, ``recipe`` is how they are
    optimised; the stamps name both. ``weights`` are the tensors that a backend is to put into the
    files.

    Raises BackendUnavailable where what the backend needs is not installed.
    """
    pairs = _pairs(settings or {})
    given = ", ".join([recipe.option, *pairs] if recipe else pairs)
    files: dict[str, File] = {}
    origins: dict[str, Path] = {}
    findings: list[Diagnostic] = []
    for spec in compiled:
        stem = spec.path.stem
        if not is_name(stem):
            message = f"{spec.path.name} would give the module {stem!r}, which is no Python name"
            hint = "rename the spec: letters, digits and underscores, a letter first"
            findings.append(Diagnostic(Code.INVALID_NAME, message, hint=hint))
            continue
        stamp = Stamp(spec.path.name, given, digest_of(spec.network.sources))
        analysis, options = spec.analysis, Options(stem, stamp.text, weights)
        if recipe is not None:
            from archc.optimize import optimize

            optimized = optimize(analysis, recipe)
            analysis = optimized.analysis
            options = options._replace(stem=f"{stem}_{recipe.word}", optimized=optimized)
        emitted = backend.emit(analysis, options)
        if isinstance(emitted, list):
            findings += emitted
            continue
        for name, content in emitted.items():
            if name in files:
                message = f"{origins[name]} and {spec.path} both give {name}"
                findings.append(Diagnostic(Code.DUPLICATE_KEY, message, hint="rename one"))
                continue
            comment = backend.comment
            whole = stamp.headed(content, comment) if comment else sealed(content)
            files[name] = File(folder / name, whole)
            origins[name] = spec.path
    return list(files.values()), findings


def stamp_of(compiled: Iterable[Compiled], settings: Mapping[str, float] | None = None) -> Stamp:
    """The stamp of one file that is made from several specs."""
    compiled = list(compiled)
    names = ", ".join(spec.path.name for spec in compiled)
    digest = digest_of(source for spec in compiled for source in spec.network.sources)
    return Stamp(names, ", ".join(_pairs(settings or {})), digest)


def _pairs(settings: Mapping[str, float]) -> list[str]:
    # Python takes `coding=` in a file's first line for the file's encoding: hence the spaces.
    return [f"{name} = {value:g}" for name, value in settings.items()]


def orphans(
    compiled: Iterable[Compiled], files: list[File], folder: Path, are_all: bool
) -> list[Diagnostic]:
    """Generated files in the folder that none of the specs gives.

    ``are_all`` says that there are no specs but these. Otherwise a spec that is found beside one
    of these, or where specs are found, may just not have been passed.
    """
    from archc.optimize import RECIPES

    compiled = tuple(compiled)
    names = {spec.path.name for spec in compiled}
    folders = {spec.path.parent for spec in compiled}

    def has_spec(name: str) -> bool:
        if are_all or name in names:
            return name in names
        name = Path(name).name
        beside = any((folder / name).is_file() for folder in folders)
        return beside or not isinstance(find_spec(name), Diagnostic)

    return find_orphans(folder, files, has_spec, tuple(f"_{recipe.word}" for recipe in RECIPES))
