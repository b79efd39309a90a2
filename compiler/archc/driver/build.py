"""From compiled specs to the files that a backend gives for them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.escapes import escape_line
from archc.driver.backend import Backend, Options
from archc.driver.files.file_names import check_stem, file_stem, suggest_stem
from archc.driver.files.stamps import Stamp, digest_of, sealed
from archc.driver.files.writer import File, find_orphans
from archc.driver.pipeline import Compiled
from archc.language.library import find_spec
from archc.language.settings import format_settings
from archc.network.ir import Network

if TYPE_CHECKING:
    from archc.driver.optimize import Recipe


def emit_files(
    compiled: Iterable[Compiled],
    backend: Backend,
    folder: Path,
    weights: Mapping[str, Any] | None = None,
    recipe: "Recipe | None" = None,
) -> tuple[list[File], list[Diagnostic]]:
    """Every file that the specs give, stamps included, and what keeps one from being given.

    ``recipe`` is how they are optimised. ``weights`` are the tensors that a backend is to put into
    the files.

    Raises BackendUnavailable where what the backend needs is not installed.
    """
    files: dict[str, File] = {}
    origins: dict[str, tuple[Path, str]] = {}
    diagnostics: list[Diagnostic] = []
    held: Literal["given", "initial", ""] = ""
    if "weights" in backend.options:
        held = "initial" if weights is None else "given"
    for spec in compiled:
        given = (
            *([recipe.option] if recipe else []),
            *format_settings(dict(spec.network.settings)),
        )
        stamp = Stamp(escape_line(spec.path.name), given, digest_of(spec.network.sources), held)
        stem = stem_of(stamp)
        if (fault := check_stem(stem, backend.imports)) is not None:
            message = f"{spec.path.name} cannot give a module {stem}".rstrip() + f": {fault}"
            hint = f"rename the spec, such as to {suggest_stem(stem)}.yaml"
            diagnostics.append(Diagnostic(Code.INVALID_NAME, message, hint=hint))
            continue
        analysis, options = spec.analysis, Options(stem, stamp.text, weights)
        if recipe is not None:
            from archc.driver.optimize import optimize

            optimized = optimize(analysis, recipe)
            analysis = optimized.analysis
            options = options._replace(optimized=optimized)
        emitted = backend.emit(analysis, options)
        if isinstance(emitted, list):
            diagnostics += emitted
            continue
        for name, content in emitted.items():
            other, taken = origins.setdefault(name.casefold(), (spec.path, name))
            if name in files or taken != name:
                diagnostics.append(_clash((other, taken), (spec.path, name)))
                continue
            comment = backend.comment
            whole = stamp.headed(content, comment) if comment else sealed(content)
            files[name] = File(folder / name, whole, stamp)
    return list(files.values()), diagnostics


def _clash(one: tuple[Path, str], other: tuple[Path, str]) -> Diagnostic:
    """The finding for two specs that give one file, on some file systems at least."""
    (first, name), (second, again) = one, other
    message = f"{first} and {second} both give {name}"
    if name != again:
        message = (
            f"{first} gives {name} and {second} gives {again}, which are one file where case is "
            "ignored, as on Windows and macOS"
        )
    return Diagnostic(Code.DUPLICATE_KEY, message, hint="rename one")


def stem_of(stamp: Stamp) -> str:
    """The base of the names of the files that have this stamp."""
    from archc.driver.optimize import RECIPES

    words = [recipe.suffix for recipe in RECIPES if recipe.option in stamp.given]
    return file_stem(stamp.spec, [given for given in stamp.given if " = " in given], words)


def stem_of_network(network: Network) -> str:
    """The base of the names of a network's files; of its own name where there is no spec file."""
    source = network.sources[0]
    spec = f"{network.name}.yaml" if source.path is None else escape_line(source.path.name)
    return file_stem(spec, format_settings(dict(network.settings)))


def stamp_of(compiled: Iterable[Compiled]) -> Stamp:
    """The stamp of one file that is made from several specs."""
    compiled = list(compiled)
    names = ", ".join(escape_line(spec.path.name) for spec in compiled)
    digest = digest_of(source for spec in compiled for source in spec.network.sources)
    settings = dict(setting for spec in compiled for setting in spec.network.settings)
    return Stamp(names, tuple(format_settings(settings)), digest)


def orphans(
    compiled: Iterable[Compiled], files: list[File], folder: Path, are_all: bool
) -> list[Diagnostic]:
    """Generated files in the folder that none of the specs gives.

    ``are_all`` says that there are no specs but these. Otherwise a spec that is found beside one
    of these, or where specs are found, may just not have been passed.
    """
    compiled = tuple(compiled)
    names = {spec.path.name for spec in compiled}
    folders = {spec.path.parent for spec in compiled}

    def has_spec(name: str) -> bool:
        if are_all or name in names:
            return name in names
        name = Path(name).name
        beside = any((folder / name).is_file() for folder in folders)
        return beside or not isinstance(find_spec(name), Diagnostic)

    def is_given(name: str, stamp: Stamp) -> bool:
        return has_spec(stamp.spec) and name.partition(".")[0] == stem_of(stamp)

    return find_orphans(folder, files, is_given)
