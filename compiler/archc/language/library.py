"""Where specs are found. One rule, for the command line and for ``extends``.

What has a folder in it is a path and nothing else. A bare name is looked for in one folder after
the other, the specs shipped with archc last: for the command line here and in ``specs/``, for
``extends`` beside the spec that says it, wherever one stands.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, Hint, suggest_name
from archc.language.yaml.reading import SUFFIX, is_within

MOST_LISTED = 20  # names in a hint
SPECS = Path("specs")


class SpecFile(NamedTuple):
    """A spec that was found: the name that people are shown, and where it is.

    ``root`` is the folder that its links, and those of what it extends, may not leave. It is None
    for what people have named themselves: only what this extends has to be in its project.
    """

    name: str
    path: Path
    root: Path | None = None

    def __str__(self) -> str:
        return self.name


def shipped_folder() -> Path:
    """The folder of the specs that come with archc."""
    package = Path(__file__).parents[1]
    installed = package / "specs"
    return installed if installed.is_dir() else package.parents[1] / "specs"


def find_spec(name: str) -> SpecFile | Diagnostic:
    """The spec that people name; a finding that says what there is where there is none.

    The ending ``.yaml`` of a bare name may be left out.
    """
    if not name:
        return Diagnostic(Code.UNREADABLE, "an empty name is no spec")
    if _has_folder(name):
        return find_path(name)
    whole = name if name.endswith(SUFFIX) else name + SUFFIX
    for folder in (Path(), SPECS, shipped_folder()):
        if _is_there(folder / whole):
            return SpecFile(whole, folder / whole)
    if _is_there(Path(name)):
        return SpecFile(name, Path(name))
    return Diagnostic(Code.UNREADABLE, f"no spec {name}", hint=_there_are(whole, known_specs()))


def find_path(name: str) -> SpecFile | Diagnostic:
    """The spec at a path, or that there is none."""
    path = Path(name)
    return SpecFile(name, path) if _is_there(path) else _no_spec_at(name)


def find_base(name: str, folder: Path | None, root: Path | None) -> SpecFile | Diagnostic:
    """The spec that one in ``folder`` extends; ``root`` is the project, which it may not leave.

    ``folder`` is None for a text that is in no folder.
    """
    if folder == shipped_folder():
        root = None  # an installer may have made links of its files
    elif root is None and folder is not None:
        root = project_root(folder)
    if folder is not None:
        path = folder / name
        if root is not None and not is_within(path, root):
            message = f"{name} is outside of the project"
            hint = "a spec extends what is in its project or shipped with archc"
            return Diagnostic(Code.UNREADABLE, message, hint=hint)
        if _is_there(path):
            return SpecFile(path.name, path, root)
    if not _has_folder(name) and _is_there(shipped_folder() / name):
        return SpecFile(name, shipped_folder() / name)
    known = known_bases(folder)
    return Diagnostic(Code.UNREADABLE, f"no spec {name}", hint=_there_are(Path(name).name, known))


def name_of_base(base: Path, folder: Path) -> str:
    """What a spec in ``folder`` writes to extend the spec at ``base``."""
    for found in (folder, shipped_folder()):
        if os.path.realpath(base) == os.path.realpath(found / base.name):
            return base.name
    return Path(os.path.relpath(base, folder)).as_posix()


def project_root(folder: Path) -> Path:
    """The project that the folder is in: its repository, else what ``pyproject.toml`` is in.

    Without either it is the folder itself, or the one that holds ``specs/``.
    """
    folder = Path(os.path.realpath(folder))
    for mark in (".git", "pyproject.toml"):
        for outer in (folder, *folder.parents):
            if (outer / mark).exists():
                return outer
    return folder.parent if folder.name == SPECS.name else folder


def project_specs() -> list[SpecFile]:
    """All of ``specs/``. Nobody has named them one by one: their links stay in the project."""
    root = project_root(Path())
    return [SpecFile(str(path), path, root) for path in specs_in(SPECS)]


def named_specs() -> dict[str, list[SpecFile]]:
    """Every spec that a bare name stands for, by where it is: here, in specs/ or shipped."""
    root = project_root(Path())
    folders = (("here", Path(), root), ("specs", SPECS, root), ("shipped", shipped_folder(), None))
    named: dict[str, list[SpecFile]] = {}
    seen: set[str] = set()
    for where, folder, inside in folders:
        paths = [path for path in specs_in(folder) if path.name not in seen]
        seen.update(path.name for path in paths)
        named[where] = [SpecFile(path.name, path, inside) for path in paths]
    return named


def known_specs() -> list[str]:
    """The names of the specs in ``specs/``, and of those shipped with archc."""
    return sorted({*_names(SPECS), *_names(shipped_folder())})


def known_bases(folder: Path | None) -> list[str]:
    """The names that a spec in the folder may extend."""
    return sorted({*(_names(folder) if folder else ()), *_names(shipped_folder())})


def specs_in(folder: Path) -> list[Path]:
    """The folder's specs, by name."""
    found = folder.glob(f"*{SUFFIX}") if folder.is_dir() else ()
    return sorted(path for path in found if path.is_file())


def _names(folder: Path) -> list[str]:
    return [path.name for path in specs_in(folder)]


def _has_folder(name: str) -> bool:
    return name in (".", "..") or bool(os.path.split(name)[0] or os.path.splitdrive(name)[0])


def _is_there(path: Path) -> bool:
    """Whether there is something at the path, if only a link that leads nowhere."""
    try:
        return os.path.lexists(path)
    except ValueError:  # a name that no file can have
        return False


def _no_spec_at(name: str) -> Diagnostic:
    """That there is nothing at a path, and what is found under its last part alone."""
    folder, bare = os.path.split(name)
    meant = suggest_name(bare, _names(Path(folder)) if "\0" not in folder else ())
    hint: Hint | None = None
    if meant is not None:
        hint = f"did you mean {os.path.join(folder, meant.text)}?"  # noqa: PTH118 - keeps its ./
    elif isinstance(found := find_spec(bare), SpecFile):
        hint = f"there is {found.path}: write {found.name}, without a folder"
    return Diagnostic(Code.UNREADABLE, f"no spec {name}", hint=hint)


def _there_are(name: str, known: Iterable[str]) -> Hint | None:
    """The name that is meant, or those that start so, or all there are."""
    known = list(known)
    stem = name.removesuffix(SUFFIX).casefold()
    alike = [other for other in known if other.casefold().startswith(stem)] if stem else []
    hint: Hint | None = None if len(alike) > 1 else suggest_name(name, known)
    if hint is None:
        named = alike or known
        hint = f"there are {', '.join(named)}" if len(named) <= MOST_LISTED else None
    return hint
