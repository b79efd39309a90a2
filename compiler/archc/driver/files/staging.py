"""Files written beside those that they replace, and what killed writers left of them.

A writer locks the folder, shared, as long as it has files in it that are not in place yet. Who gets
the lock for itself alone knows that no writer on this machine lives: the system takes the lock from
a process that ends, however it ends. A temporary file's name tells the machine, since on a network
disk locks may be seen on one machine alone; those of other machines are left alone.
"""

import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nothing is cleaned
    fcntl = None  # type: ignore[assignment]

_PATIENCE = 1.0
"""Seconds in which a cleaner is done."""


@contextmanager
def staging(folder: Path) -> Iterator[None]:
    """Make the folder, remove what dead writers left in it, and keep others from removing ours."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = _opened(folder)
    if descriptor is None:
        yield
        return
    try:
        if _locked(descriptor, fcntl.LOCK_EX):
            _clean(folder)
        deadline = time.monotonic() + _PATIENCE
        # A file system without locks, or one held by who knows whom, keeps nobody from writing.
        while not _locked(descriptor, fcntl.LOCK_SH) and time.monotonic() < deadline:
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _opened(folder: Path) -> int | None:
    """The folder, to be locked; None where it cannot be."""
    if fcntl is None:
        return None
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # it may be written to and not read
        return None


def stage(path: Path, content: bytes) -> Path:
    """The content on disk beside the path, ready to be renamed over it."""
    # Never the name of one that a killed process left behind.
    temporary = path.with_name(f".archc-{_machine()}-{os.urandom(4).hex()}.tmp")
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


def _locked(descriptor: int, kind: int) -> bool:
    """Whether the folder is locked so now, without waiting."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _clean(folder: Path) -> None:
    """Remove the temporary files of this machine's writers, none of which lives."""
    ours = re.compile(rf"\.archc-{_machine()}-[0-9a-f]{{8}}\.tmp")
    for path in folder.iterdir():
        if ours.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            with suppress(OSError):  # somebody else's, or it is gone: no reason not to write
                path.unlink()


def _machine() -> str:
    """Eight digits that tell the machine, by its name."""
    return sha256(socket.gethostname().encode()).hexdigest()[:8]
