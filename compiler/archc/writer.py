"""Generated files on disk: whether they are current and whose, and writing them safely."""

import difflib
import io
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic
from archc.stamps import REACH, is_intact, stamped_spec
from archc.visible import one_line

_FORCE = "--force replaces it"


class File(NamedTuple):
    """A file to be written: where, and every byte of it."""

    path: Path
    content: bytes


class Outcome(NamedTuple):
    """Which files were written, and what kept others from it."""

    written: tuple[Path, ...]
    findings: list[Diagnostic]


def check_files(
    files: Iterable[File], command: str = "archc build", diff: bool = True
) -> list[Diagnostic]:
    """A finding for each file that is not on disk byte for byte.

    ``command`` writes it again, with ``diff`` it can show how it differs.
    """
    findings = []
    shows = f"{command} --diff shows how it differs, " if diff else ""
    for path, content in files:
        current = _read(path)
        if isinstance(current, Diagnostic):
            findings.append(current)
        elif current is None:
            message = f"{path} is missing"
            findings.append(Diagnostic(Code.MISSING_FILE, message, hint=f"run {command}"))
        elif current != content:
            claim = _claim(current)
            stays = f"{command} leaves it alone, {_FORCE}"
            shown = shows if _is_ours(current) else ""
            hint = f"{shown}{stays if claim else f'{command} writes it again'}"
            message = f"{path} {claim or 'is not what its spec gives'}"
            findings.append(Diagnostic(Code.STALE_FILE, message, hint=hint))
    return findings


def find_orphans(
    folder: Path,
    files: Iterable[File],
    has_spec: Callable[[str], bool],
    endings: tuple[str, ...] = (),
) -> list[Diagnostic]:
    """A finding for each file in the folder that archc wrote from a spec there is none of now.

    A spec's files have its stem, or that with one of ``endings``.
    """
    expected = {file.path.name for file in files}
    findings = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in expected or path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as opened:
            spec = stamped_spec(opened.read(REACH))
        if spec is None:
            continue
        stems = {Path(spec).stem + ending for ending in ("", *endings)}
        if not has_spec(spec) or path.name.partition(".")[0] not in stems:
            message = f"{path} was generated from {spec}, and none of the specs gives it"
            hint = "delete it, or pass its spec along"
            findings.append(Diagnostic(Code.ORPHANED_FILE, message, hint=hint))
    return findings


def diff_files(files: Iterable[File]) -> str:
    """Unified differences from what is on disk to what the specs give; empty where none.

    Of files that are no text it says that they differ, in diff's own words. A file that archc did
    not write is not shown: it may be a link to a secret.
    """
    parts: list[str] = []
    for path, content in files:
        current = _read(path)
        then = current if isinstance(current, bytes) else b""
        name = one_line(path)
        if isinstance(current, bytes) and not _is_ours(current):
            parts.append(f"{name} was not written by archc, and is not shown\n")
            continue
        old, new = name if current is not None else "/dev/null", f"{name}, from its spec"
        if b"\0" in content:
            parts += [] if then == content else [f"Binary files {old} and {new} differ\n"]
            continue
        before, after = (text.decode("utf-8", "replace") for text in (then, content))
        parts += difflib.unified_diff(_lines(before), _lines(after), old, new)
    unended = "\n\\ No newline at end of file\n"
    return "".join(part if part.endswith("\n") else part + unended for part in parts)


def write_files(files: Iterable[File], force: bool) -> Outcome:
    """Write the files that are not on disk byte for byte.

    A file that archc did not write, or that was edited since, is only replaced with ``force``. All
    are written beside the old ones first, then renamed over them. Where one cannot be written,
    none is renamed; where renaming one fails, those before it are new, it and the rest as before.
    """
    files = tuple(files)
    findings = [finding for file in files if (finding := _obstacle(file, force))]
    if findings:
        return Outcome((), findings)
    staged: dict[Path, Path] = {}
    written: list[Path] = []
    path = Path()
    try:
        for path, content in files:
            if _read(path) != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                staged[path] = _stage(path, content)
        for path, temporary in staged.items():
            temporary.replace(path)
            written.append(path)
    except OSError as error:
        findings.append(_unwritable(path, error))
    finally:
        for path in staged.keys() - set(written):
            staged[path].unlink(missing_ok=True)
    return Outcome(tuple(written), findings)


def write_new(file: File, force: bool) -> Diagnostic | None:
    """Write a file, whole or not at all; what is there already is only replaced with ``force``."""
    path = file.path
    try:
        if (unfit := _unfit(path)) is not None:
            return unfit
        if path.exists() and not force:
            message = f"{path} is there already, so it is left alone"
            return Diagnostic(Code.FOREIGN_FILE, message, hint=_FORCE)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _stage(path, file.content)
        try:
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        return _unwritable(path, error)
    return None


def _unfit(path: Path) -> Diagnostic | None:
    """Why there can be no file of ours at the path, whatever is to be replaced."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        return _unwritable(path, error)
    if stat.S_ISLNK(mode):
        message = f"{path} is a symbolic link, which archc does not write through"
        return Diagnostic(Code.UNWRITABLE, message)
    return _special(path, mode)


def _special(path: Path, mode: int) -> Diagnostic | None:
    """Why the path is not to be opened: a pipe would be waited for. A folder is refused later."""
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return Diagnostic(Code.UNWRITABLE, f"{path} is a device, a pipe or a socket, and no file")


def _unwritable(path: Path, error: OSError) -> Diagnostic:
    return Diagnostic(Code.UNWRITABLE, f"cannot write {path}: {error.strerror or error}")


def _obstacle(file: File, force: bool) -> Diagnostic | None:
    path = file.path
    if (unfit := _unfit(path)) is not None:
        return unfit
    current = _read(path)
    if isinstance(current, Diagnostic) or current is None or current == file.content or force:
        return current if isinstance(current, Diagnostic) else None
    claim = _claim(current)
    if claim is None:
        return None
    return Diagnostic(Code.FOREIGN_FILE, f"{path} {claim}, so it is left alone", hint=_FORCE)


def _claim(content: bytes) -> str | None:
    """Why a file is somebody's own; None where it is as archc wrote it."""
    intact = is_intact(content)
    if intact is None:
        return "was not written by archc"
    return None if intact else "was edited since archc wrote it"


def _is_ours(content: bytes) -> bool:
    return stamped_spec(content[:REACH]) is not None


def _lines(text: str) -> list[str]:
    """Lines with their ends, broken at line feeds only, as diff and git do."""
    return list(io.StringIO(text, newline="\n"))


def _read(path: Path) -> bytes | Diagnostic | None:
    try:
        return _special(path, path.stat().st_mode) or path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return Diagnostic(Code.UNWRITABLE, f"cannot use {path}: {error.strerror or error}")


def _stage(path: Path, content: bytes) -> Path:
    """The content on disk beside the path, ready to be renamed over it."""
    # Never the name of one that a killed process left behind.
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags, 0o666)
    try:
        if path.exists():
            os.chmod(descriptor, path.stat().st_mode & 0o777)  # noqa: PTH101 - the open file's
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary
