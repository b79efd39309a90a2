"""Generated files on disk: whether they are current and whose, and writing them safely."""

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
from archc.driver.files.stamps import REACH, Stamp, is_intact, read_stamp

_FORCE = "--force replaces it"


class File(NamedTuple):
    """A file to be written: where, and every byte of it.

    With a ``stamp``, which stands in the content, it replaces nothing that was made from another
    spec or with other settings, nor weights that were given.
    """

    path: Path
    content: bytes
    stamp: Stamp | None = None


class WriteResult(NamedTuple):
    """Which files were written, and what kept others from it."""

    written: tuple[Path, ...]
    diagnostics: list[Diagnostic]


def check_files(
    files: Iterable[File], command: str = "archc build", diff: bool = True
) -> list[Diagnostic]:
    """A finding for each file that is not on disk byte for byte.

    Where weights were given for it and are not now, all but the weights is checked. ``command``
    writes it again, with ``diff`` it can show how it differs.
    """
    diagnostics = []
    shows = f"{command} --diff shows how it differs, " if diff else ""
    for file in files:
        path = file.path
        current = _read(path)
        if isinstance(current, Diagnostic):
            diagnostics.append(current)
        elif current is None:
            message = f"{path} is missing"
            diagnostics.append(Diagnostic(Code.MISSING_FILE, message, hint=f"run {command}"))
        elif current != file.content and not _differs_in_weights(file, current):
            claim = _claim(file, current)
            again = f"{command} {claim.leaves if claim else 'writes it again'}"
            words = claim.stale if claim else "is not what its spec gives"
            hint = f"{shows if _is_ours(current) else ''}{again}"
            diagnostics.append(Diagnostic(Code.STALE_FILE, f"{path} {words}", hint=hint))
    return diagnostics


def given_weights(files: Iterable[File]) -> list[Path]:
    """The files on disk that are current but for weights that were given, and are not now."""
    held = []
    for file in files:
        current = _read(file.path)
        if isinstance(current, bytes) and _differs_in_weights(file, current):
            held.append(file.path)
    return held


def find_orphans(
    folder: Path, files: Iterable[File], is_given: Callable[[str, Stamp], bool]
) -> list[Diagnostic]:
    """A finding for each file in the folder that archc wrote from a spec there is none of now.

    ``is_given`` says whether a file of that name and stamp is one that a spec gives.
    """
    expected = {file.path.name for file in files}
    diagnostics = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in expected or path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as opened:
            stamp = read_stamp(opened.read(REACH))
        if stamp is None or is_given(path.name, stamp):
            continue
        message = f"{path} was generated from {stamp.origin}, and none of the specs gives it"
        away = "move it, for it holds given weights" if stamp.weights == "given" else "delete it"
        hint = f"{away}, or pass its spec along"
        diagnostics.append(Diagnostic(Code.ORPHANED_FILE, message, hint=hint))
    return diagnostics


def diff_files(files: Iterable[File]) -> str:
    """Unified differences from what is on disk to what the specs give; empty where none.

    Of files that are no text it says that they differ, in diff's own words. A file that archc did
    not write is not shown: it may be a link to a secret.
    """
    parts: list[str] = []
    for file in files:
        path, content = file.path, file.content
        current = _read(path)
        if isinstance(current, bytes) and _differs_in_weights(file, current):
            continue
        then = current if isinstance(current, bytes) else b""
        name = escape_line(path)
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


def write_files(files: Iterable[File], force: bool) -> WriteResult:
    """Write the files that are not on disk byte for byte.

    Only with ``force`` a file is replaced that archc did not write, that was edited since, or that
    holds what the file's stamp does not. All are written beside the old ones first, then renamed
    over them. Where one cannot be written, none is renamed; where renaming one fails, those before
    it are new, it and the rest as before.
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
    """Write a file, whole or not at all; what is there already is only replaced with ``force``."""
    path = file.path
    try:
        if (unfit := _unfit(path)) is not None:
            return unfit
        if path.exists() and not force:
            message = f"{path} is there already, so it is left alone"
            return Diagnostic(Code.FOREIGN_FILE, message, hint=_FORCE)
        with staging(path.parent):
            temporary = stage(path, file.content)
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
    claim = _claim(file, current)
    if claim is None:
        return None
    message = f"{path} {claim.words}, so it is left alone"
    return Diagnostic(claim.code, message, hint=claim.remedy)


class _Claim(NamedTuple):
    """Why a file is not replaced: in words, for a build that would and for a check.

    ``remedy`` is what replaces it all the same, ``leaves`` what a build without it does.
    """

    words: str
    stale: str
    code: Code = Code.FOREIGN_FILE
    remedy: str = _FORCE
    leaves: str = f"leaves it alone, {_FORCE}"


def _claim(file: File, current: bytes) -> _Claim | None:
    """Why what is on disk is somebody's own, or more than the file; None where it is neither."""
    intact = is_intact(current)
    if intact is None:
        return _as_said("was not written by archc")
    stamp, held = file.stamp, read_stamp(current)
    weights = held is not None and held.weights == "given"
    besides = " and holds given weights" if weights else ""
    if not intact:
        return _as_said(f"was edited since archc wrote it{besides}")
    if stamp is None or held is None:
        return _as_said("holds given weights", Code.KEPT_FILE) if weights else None
    if held.spec != stamp.spec or held.given != stamp.given:
        words = f"was generated from {held.origin}{besides}, not from {stamp.origin}"
        return _as_said(words, Code.KEPT_FILE)
    if stamp.weights == "initial" and held.weights != "initial":
        holds = "holds given weights" if weights else "may hold given weights"
        return _Claim(
            f"{holds}, which this build is not given",
            f"is not what its spec gives, and {holds}",
            Code.KEPT_FILE,
            "build it with --weights FILE; --force loses the weights that it holds",
            "--weights FILE writes it again, without --weights it is left alone",
        )
    return None


def _as_said(words: str, code: Code = Code.FOREIGN_FILE) -> _Claim:
    return _Claim(words, words, code)


def _differs_in_weights(file: File, current: bytes) -> bool:
    """Whether the file on disk is the same but for given weights, where initial ones are to be.

    Its stamp tells: it is of the same spec, and nothing was changed since archc wrote it.
    """
    stamp, held = file.stamp, read_stamp(current)
    if stamp is None or held is None or (stamp.weights, held.weights) != ("initial", "given"):
        return False
    return held._replace(weights="initial") == stamp and bool(is_intact(current))


def _is_ours(content: bytes) -> bool:
    return read_stamp(content[:REACH]) is not None


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
