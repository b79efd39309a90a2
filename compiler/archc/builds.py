"""From compiled specs to the files that a backend gives for them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from archc.backend import Backend, Options
from archc.diagnostics import Code, Diagnostic
from archc.library import find_spec
from archc.names import is_name
from archc.pipeline import Compiled
from archc.writer import File, find_orphans, stamp


def emit_files(
    compiled: Iterable[Compiled],
    backend: Backend,
    folder: Path,
    settings: Mapping[str, float] | None = None,
) -> tuple[list[File], list[Diagnostic]]:
    """Every file that the specs give, headers included, and what keeps one from being given.

    ``settings`` are the parameters that the specs were compiled with; the headers name them.
    """
    given = ", ".join(f"{name}={value:g}" for name, value in (settings or {}).items())
    files: dict[str, File] = {}
    findings: list[Diagnostic] = []
    for spec in compiled:
        stem = spec.path.stem
        if not is_name(stem):
            message = f"{spec.path.name} would give the module {stem!r}, which is no Python name"
            hint = "rename the spec: letters, digits and underscores, a letter first"
            findings.append(Diagnostic(Code.INVALID_NAME, message, hint=hint))
            continue
        emitted = backend.emit(spec.analysis, Options(stem))
        if isinstance(emitted, list):
            findings += emitted
            continue
        for name, content in emitted.items():
            if name in files:
                message = f"two specs give {name}: {spec.path} and another"
                findings.append(Diagnostic(Code.DUPLICATE_KEY, message, hint="rename one"))
                continue
            whole = stamp(content, backend.comment, spec.network.sources, spec.path.name, given)
            files[name] = File(folder / name, whole)
    return list(files.values()), findings


def orphans(compiled: Iterable[Compiled], files: list[File], folder: Path) -> list[Diagnostic]:
    """Generated files in the folder whose spec is neither among these nor found."""
    names = {spec.path.name for spec in compiled}

    def has_spec(name: str) -> bool:
        return name in names or not isinstance(find_spec(Path(name).name), Diagnostic)

    return find_orphans(folder, files, has_spec)
