"""Find specs by name, for the command line and for ``extends``.

A name with a folder is a path. A bare name is searched for in several folders: for the command
line in the working directory and ``specs/``, for ``extends`` in the folder of the extending spec,
and finally among the specs shipped with archc.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, Hint, suggest_name
from archc.language.yaml.reading import SUFFIX, is_within

MOST_LISTED = 20
"""The most names that a hint lists."""
SPECS = Path("specs")


class SpecFile(NamedTuple):
    """A spec file, with the name to show to people.

    If ``root`` is a folder, the file and the specs it extends must be inside it, after following
    links. It is None for a spec that archc ships or that the user named; the specs that a named one
    extends must be inside its project.
    """

    name: str
    path: Path
    root: Path | None = None

    def __str__(self) -> str:
        return self.name


def shipped_folder() -> Path:
    """Return the folder of the specs that come with archc."""
    package = Path(__file__).parents[1]
    installed = package / "specs"
    return installed if installed.is_dir() else package.parents[1] / "specs"


def find_spec(name: str) -> SpecFile | Diagnostic:
    """Find the spec that the user names. The suffix of a bare name is optional."""
    if not name:
        return Diagnostic(Code.UNREADABLE, "the name of a spec is empty")
    if _has_folder(name):
        return find_path(name)
    full = name if name.endswith(SUFFIX) else name + SUFFIX
    for folder in (Path(), SPECS, shipped_folder()):
        if _exists(folder / full):
            return SpecFile(full, folder / full)
    if _exists(Path(name)):
        return SpecFile(name, Path(name))
    return _not_found(name, _name_hint(full, spec_names()))


def find_path(name: str) -> SpecFile | Diagnostic:
    """Find the spec at a path."""
    path = Path(name)
    return SpecFile(name, path) if _exists(path) else _not_found(name, _path_hint(name))


def find_base(name: str, folder: Path | None, root: Path | None) -> SpecFile | Diagnostic:
    """Find the spec that a spec in ``folder`` extends, inside the project ``root``.

    ``folder`` is None for a text that is not from a file.
    """
    if folder == shipped_folder():
        root = None  # an installer may link to the files of a package
    elif root is None and folder is not None:
        root = project_root(folder)
    if folder is not None:
        path = folder / name
        if root is not None and not is_within(path, root):
            message = f"{name} is outside the project"
            hint = "a spec can extend specs of its project and those shipped with archc"
            return Diagnostic(Code.UNREADABLE, message, hint=hint)
        if _exists(path):
            return SpecFile(path.name, path, root)
    if not _has_folder(name) and _exists(shipped_folder() / name):
        return SpecFile(name, shipped_folder() / name)
    return _not_found(name, _name_hint(Path(name).name, base_names(folder)))


def name_of_base(base: Path, folder: Path) -> str:
    """Return the value of ``extends`` with which a spec in ``folder`` extends ``base``."""
    for searched in (folder, shipped_folder()):
        if os.path.realpath(base) == os.path.realpath(searched / base.name):
            return base.name
    return Path(os.path.relpath(base, folder)).as_posix()


def project_root(folder: Path) -> Path:
    """Return the root of the folder's project: its git repository, or that of ``pyproject.toml``.

    Without either, return the folder itself, or its parent if the folder is ``specs``.
    """
    folder = Path(os.path.realpath(folder))
    for marker in (".git", "pyproject.toml"):
        for outer in (folder, *folder.parents):
            if (outer / marker).exists():
                return outer
    return folder.parent if folder.name == SPECS.name else folder


def project_specs() -> list[SpecFile]:
    """Return all specs in ``specs/``. Links to them must stay inside the project."""
    root = project_root(Path())
    return [SpecFile(str(path), path, root) for path in specs_in(SPECS)]


def specs_by_folder() -> dict[str, list[SpecFile]]:
    """Return the specs that a bare name can mean: those here, in ``specs/``, and shipped ones."""
    root = project_root(Path())
    folders = (("here", Path(), root), ("specs", SPECS, root), ("shipped", shipped_folder(), None))
    named: dict[str, list[SpecFile]] = {}
    seen: set[str] = set()
    for where, folder, inside in folders:
        paths = [path for path in specs_in(folder) if path.name not in seen]
        seen.update(path.name for path in paths)
        named[where] = [SpecFile(path.name, path, inside) for path in paths]
    return named


def spec_names() -> list[str]:
    """Return the names of the specs in ``specs/`` and of those shipped with archc."""
    return sorted({*_names(SPECS), *_names(shipped_folder())})


def base_names(folder: Path | None) -> list[str]:
    """Return the names that a spec in the folder may extend."""
    return sorted({*(_names(folder) if folder else ()), *_names(shipped_folder())})


def specs_in(folder: Path) -> list[Path]:
    """Return the specs in the folder, sorted by name."""
    paths = folder.glob(f"*{SUFFIX}") if folder.is_dir() else ()
    return sorted(path for path in paths if path.is_file())


def _names(folder: Path) -> list[str]:
    return [path.name for path in specs_in(folder)]


def _has_folder(name: str) -> bool:
    return name in (".", "..") or bool(os.path.split(name)[0] or os.path.splitdrive(name)[0])


def _exists(path: Path) -> bool:
    """Return whether the path exists; a broken link counts."""
    try:
        return os.path.lexists(path)
    except ValueError:  # not a valid file name
        return False


def _not_found(name: str, hint: Hint | None) -> Diagnostic:
    return Diagnostic(Code.UNREADABLE, f"spec not found: {name}", hint=hint)


def _path_hint(name: str) -> Hint | None:
    """Suggest a similar name in the folder, or a spec that the path's last part alone finds."""
    folder, bare = os.path.split(name)
    similar = suggest_name(bare, _names(Path(folder)) if "\0" not in folder else ())
    if similar is not None:
        return f"did you mean {os.path.join(folder, similar.text)}?"  # noqa: PTH118 - keeps its ./
    if isinstance(spec := find_spec(bare), SpecFile):
        return f"{spec.path} exists: write {spec.name}, without a folder"
    return None


def _name_hint(name: str, known: Iterable[str]) -> Hint | None:
    """Suggest the most similar known name, or list the names with this prefix, or all names."""
    known = list(known)
    stem = name.removesuffix(SUFFIX).casefold()
    alike = [other for other in known if other.casefold().startswith(stem)] if stem else []
    hint: Hint | None = None if len(alike) > 1 else suggest_name(name, known)
    if hint is None:
        listed = alike or known
        hint = f"known specs: {', '.join(listed)}" if len(listed) <= MOST_LISTED else None
    return hint
