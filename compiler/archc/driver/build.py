"""Build the files that a backend generates for compiled specs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.escapes import escape_line
from archc.driver.backend import Backend, Options
from archc.driver.files.file_names import check_stem, file_stem, suggest_stem
from archc.driver.files.stamps import Stamp, digest_of, seal
from archc.driver.files.writer import File, find_orphans
from archc.driver.pipeline import Compiled
from archc.language.settings import format_settings
from archc.language.spec_files import find_spec
from archc.network.ir import Network

if TYPE_CHECKING:
    from archc.driver.optimize import Recipe


def build_files(
    compiled: Iterable[Compiled],
    backend: Backend,
    folder: Path,
    weights: Mapping[str, Any] | None = None,
    recipe: "Recipe | None" = None,
) -> tuple[list[File], list[Diagnostic]]:
    """Return the stamped files for the specs, and diagnostics for those that cannot be generated.

    ``recipe`` optimises the networks. ``weights`` are the tensors for a backend whose files contain
    weights.

    Raises BackendUnavailable if a library that the backend needs is not installed.
    """
    files: dict[str, File] = {}
    taken: dict[str, tuple[Path, str]] = {}
    diagnostics: list[Diagnostic] = []
    stamped: Literal["given", "initial", ""] = ""
    if "weights" in backend.options:
        stamped = "initial" if weights is None else "given"
    for spec in compiled:
        given = (
            *([recipe.option] if recipe else []),
            *format_settings(dict(spec.network.settings)),
        )
        stamp = Stamp(escape_line(spec.path.name), given, digest_of(spec.network.sources), stamped)
        stem = stem_of(stamp)
        if (reason := check_stem(stem, backend.imports)) is not None:
            named = f" named {stem}" if stem else ""
            message = f"cannot generate a file{named} from {spec.path.name}: {reason}"
            hint = f"rename the spec, for example to {suggest_stem(stem)}.yaml"
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
            first = taken.setdefault(name.casefold(), (spec.path, name))
            if name in files or first[1] != name:
                diagnostics.append(_name_clash(first, (spec.path, name)))
                continue
            comment = backend.comment
            stamped_content = stamp.add_header(content, comment) if comment else seal(content)
            files[name] = File(folder / name, stamped_content, stamp)
    return list(files.values()), diagnostics


def _name_clash(one: tuple[Path, str], other: tuple[Path, str]) -> Diagnostic:
    """Return the diagnostic for two specs whose files have the same name, ignoring case."""
    (first, name), (second, same_name) = one, other
    message = f"{first} and {second} both generate {name}"
    if name != same_name:
        message = (
            f"{first} generates {name} and {second} generates {same_name}, which are the same file "
            "if case is ignored, as on Windows and macOS"
        )
    return Diagnostic(Code.DUPLICATE_KEY, message, hint="rename one of the specs")


def stem_of(stamp: Stamp) -> str:
    """Return the name without suffix of the files with this stamp."""
    from archc.driver.optimize import RECIPES

    suffixes = [recipe.suffix for recipe in RECIPES if recipe.option in stamp.given]
    return file_stem(stamp.spec, [given for given in stamp.given if " = " in given], suffixes)


def stem_of_network(network: Network) -> str:
    """Return the name, without suffix, of a network's files.

    It comes from the spec's file, or from the network's name if there is no file.
    """
    source = network.sources[0]
    spec = f"{network.name}.yaml" if source.path is None else escape_line(source.path.name)
    return file_stem(spec, format_settings(dict(network.settings)))


def shared_stamp(compiled: Iterable[Compiled]) -> Stamp:
    """Return the stamp of one file generated from several specs."""
    compiled = list(compiled)
    names = ", ".join(escape_line(spec.path.name) for spec in compiled)
    digest = digest_of(source for spec in compiled for source in spec.network.sources)
    settings = dict(setting for spec in compiled for setting in spec.network.settings)
    return Stamp(names, tuple(format_settings(settings)), digest)


def check_orphans(
    compiled: Iterable[Compiled], files: list[File], folder: Path, are_all: bool
) -> list[Diagnostic]:
    """Return a diagnostic for each generated file in the folder that no spec generates any more.

    If ``are_all``, only ``compiled`` are specs. Otherwise specs in the same folders, and specs
    that can be found by name, count too.
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

    def is_current(name: str, stamp: Stamp) -> bool:
        return has_spec(stamp.spec) and name.partition(".")[0] == stem_of(stamp)

    return find_orphans(folder, files, is_current)
