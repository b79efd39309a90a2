"""Check, compare and write generated files, without losing changes of users."""

import difflib
import io
import stat
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.escapes import escape_line
from archc.driver.files.staging import stage, staging
from archc.driver.files.stamps import STAMP_LIMIT, Stamp, is_intact, read_stamp

_USE_FORCE = "use --force to replace it"
_WEIGHTS = "weights from --weights"


class File(NamedTuple):
    """The path and content of a file to write.

    ``stamp`` is the stamp in the content, if any. A file with a stamp does not replace one with
    given weights or from another spec or settings.
    """

    path: Path
    content: bytes
    stamp: Stamp | None = None


class WriteResult(NamedTuple):
    """The files written, and the errors for files that were not."""

    written: tuple[Path, ...]
    diagnostics: list[Diagnostic]


def check_files(
    files: Iterable[File], command: str = "archc build", diff: bool = True
) -> list[Diagnostic]:
    """Return a diagnostic for each file whose content on disk differs.

    If the file on disk has given weights and the new content has initial ones, everything except
    the weights is checked. ``command`` is the command that updates the files; ``diff`` tells
    whether it has the option --diff.
    """
    diagnostics = []
    for file in files:
        path = file.path
        current = _read(path)
        if isinstance(current, Diagnostic):
            diagnostics.append(current)
        elif current is None:
            message = f"{path} is missing"
            diagnostics.append(Diagnostic(Code.MISSING_FILE, message, hint=f"run {command}"))
        elif current != file.content and not _differs_in_weights(file, current):
            protection = _protection(file, current)
            words = protection.stale if protection else "is out of date"
            option = f" {protection.option}" if protection else ""
            hint = f"run {command}{option} to update it"
            if diff and _is_ours(current):
                hint += f", or {command} --diff to see the differences"
            diagnostics.append(Diagnostic(Code.STALE_FILE, f"{path} {words}", hint=hint))
    return diagnostics


def find_given_weights(files: Iterable[File]) -> list[Path]:
    """Return the files on disk that differ only by given weights."""
    found = []
    for file in files:
        current = _read(file.path)
        if isinstance(current, bytes) and _differs_in_weights(file, current):
            found.append(file.path)
    return found


def find_orphans(
    folder: Path, files: Iterable[File], is_current: Callable[[str, Stamp], bool]
) -> list[Diagnostic]:
    """Return a diagnostic for each generated file in the folder that no spec generates any more.

    ``is_current`` tells whether a spec generates a file of that name and stamp.
    """
    expected = {file.path.name for file in files}
    diagnostics = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in expected or path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as opened:
            stamp = read_stamp(opened.read(STAMP_LIMIT))
        if stamp is None or is_current(path.name, stamp):
            continue
        message = f"{path} was generated from {stamp.origin}, but no spec generates it now"
        hint = "delete it, or pass its spec too"
        if stamp.weights == "given":
            hint = f"move it, since it has {_WEIGHTS}, or pass its spec too"
        diagnostics.append(Diagnostic(Code.ORPHANED_FILE, message, hint=hint))
    return diagnostics


def diff_files(files: Iterable[File]) -> str:
    """Return the unified diff from the files on disk to these files; empty if they are the same.

    For binary files it tells only whether they differ, as diff does. It does not show a file that
    archc did not write, which may be a link to a secret.
    """
    parts: list[str] = []
    for file in files:
        path, content = file.path, file.content
        current = _read(path)
        if isinstance(current, bytes) and _differs_in_weights(file, current):
            continue
        on_disk = current if isinstance(current, bytes) else b""
        name = escape_line(path)
        if isinstance(current, bytes) and not _is_ours(current):
            parts.append(f"{name} was not written by archc; its content is not shown\n")
            continue
        old, new = name if current is not None else "/dev/null", f"{name}, from its spec"
        if b"\0" in content:
            parts += [] if on_disk == content else [f"Binary files {old} and {new} differ\n"]
            continue
        before, after = (text.decode("utf-8", "replace") for text in (on_disk, content))
        parts += difflib.unified_diff(_lines(before), _lines(after), old, new)
    unended = "\n\\ No newline at end of file\n"
    return "".join(part if part.endswith("\n") else part + unended for part in parts)


def write_files(files: Iterable[File], force: bool) -> WriteResult:
    """Write the files whose content on disk differs.

    Without ``force``, does not replace a file that archc did not write, that was edited since, or
    that has another origin or other weights than the stamp. Writes temporary files first, then
    renames them. If one cannot be written, none is renamed. If renaming fails, the files renamed
    before are new, the others unchanged.
    """
    files = tuple(files)
    diagnostics = [diagnostic for file in files if (diagnostic := _obstacle(file, force))]
    if diagnostics:
        return WriteResult((), diagnostics)
    changed = [file for file in files if _read(file.path) != file.content]
    written: list[Path] = []
    path = Path()
    try:
        with ExitStack() as stack:
            for folder in dict.fromkeys(file.path.parent for file in changed):
                path = folder
                stack.enter_context(staging(folder))
            staged: dict[Path, Path] = {}
            for file in changed:
                path = file.path
                staged[path] = stage(path, file.content)
                stack.callback(staged[path].unlink, missing_ok=True)
            for path, temporary in staged.items():
                temporary.replace(path)
                written.append(path)
    except OSError as error:
        diagnostics.append(_unwritable(path, error))
    return WriteResult(tuple(written), diagnostics)


def write_new(file: File, force: bool) -> Diagnostic | None:
    """Write a file atomically; replaces an existing file only with ``force``."""
    path = file.path
    try:
        if (invalid := _check_path(path)) is not None:
            return invalid
        if path.exists() and not force:
            message = f"{path} already exists"
            return Diagnostic(Code.FOREIGN_FILE, message, hint=_USE_FORCE)
        with staging(path.parent):
            temporary = stage(path, file.content)
            try:
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        return _unwritable(path, error)
    return None


def _check_path(path: Path) -> Diagnostic | None:
    """Return why archc never writes to the path, or None."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        return _unwritable(path, error)
    if stat.S_ISLNK(mode):
        message = f"{path} is a symbolic link; archc does not write through links"
        return Diagnostic(Code.UNWRITABLE, message)
    return _check_mode(path, mode)


def _check_mode(path: Path, mode: int) -> Diagnostic | None:
    """Return why the path must not be opened: reading a pipe would block.

    A folder is not refused here, since opening one fails anyway.
    """
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return Diagnostic(Code.UNWRITABLE, f"{path} is a device, pipe or socket, not a file")


def _unwritable(path: Path, error: OSError) -> Diagnostic:
    return Diagnostic(Code.UNWRITABLE, f"cannot write {path}: {error.strerror or error}")


def _obstacle(file: File, force: bool) -> Diagnostic | None:
    path = file.path
    if (invalid := _check_path(path)) is not None:
        return invalid
    current = _read(path)
    if isinstance(current, Diagnostic) or current is None or current == file.content or force:
        return current if isinstance(current, Diagnostic) else None
    protection = _protection(file, current)
    if protection is None:
        return None
    message = f"cannot replace {path}: it {protection.reason}"
    return Diagnostic(protection.code, message, hint=protection.hint)


class _Protection(NamedTuple):
    """Why a file is not replaced without --force.

    ``reason`` is the message of a build, ``stale`` that of a check. ``hint`` and ``option`` name
    the way to replace the file.
    """

    reason: str
    stale: str
    code: Code = Code.FOREIGN_FILE
    hint: str = _USE_FORCE
    option: str = "--force"


def _protection(file: File, current: bytes) -> _Protection | None:
    """Return why ``file`` must not replace the content on disk; None if it may."""
    intact = is_intact(current)
    if intact is None:
        return _protect("was not written by archc")
    stamp, old = file.stamp, read_stamp(current)
    has_weights = old is not None and old.weights == "given"
    also = f", and has {_WEIGHTS}" if has_weights else ""
    if not intact:
        return _protect(f"was edited after archc wrote it{also}")
    if stamp is None or old is None:
        return _protect(f"has {_WEIGHTS}", Code.KEPT_FILE) if has_weights else None
    if old.spec != stamp.spec or old.given != stamp.given:
        reason = f"was generated from {old.origin}, not from {stamp.origin}{also}"
        return _protect(reason, Code.KEPT_FILE)
    if stamp.weights == "initial" and old.weights != "initial":
        reason = f"has {_WEIGHTS}" if has_weights else f"may have {_WEIGHTS}"
        return _Protection(
            reason,
            f"is out of date and {reason}",
            Code.KEPT_FILE,
            "use --weights FILE to keep or replace the weights, or --force to discard them",
            "--weights FILE",
        )
    return None


def _protect(reason: str, code: Code = Code.FOREIGN_FILE) -> _Protection:
    return _Protection(reason, reason, code)


def _differs_in_weights(file: File, current: bytes) -> bool:
    """Return whether the file on disk differs only by given instead of initial weights.

    Its stamp is otherwise the same, and it was not edited.
    """
    stamp, old = file.stamp, read_stamp(current)
    if stamp is None or old is None or (stamp.weights, old.weights) != ("initial", "given"):
        return False
    return old._replace(weights="initial") == stamp and bool(is_intact(current))


def _is_ours(content: bytes) -> bool:
    return read_stamp(content[:STAMP_LIMIT]) is not None


def _lines(text: str) -> list[str]:
    """Return the lines with their ends, split only at line feeds, as diff and git do."""
    return list(io.StringIO(text, newline="\n"))


def _read(path: Path) -> bytes | Diagnostic | None:
    try:
        return _check_mode(path, path.stat().st_mode) or path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return Diagnostic(Code.UNWRITABLE, f"cannot read {path}: {error.strerror or error}")
