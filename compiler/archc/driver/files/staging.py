"""Write temporary files next to the files that they replace, and remove those of killed writers.

A writer holds a shared lock on the folder while it has temporary files in it. A process that gets
the exclusive lock knows that no other writer on this machine is alive, since the system releases
the lock of a process that ends for any reason. On network disks locks may not be visible to other
machines, so the name of a temporary file contains the machine, and only its own files are removed.
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
except ImportError:  # Windows, where leftovers are not removed
    fcntl = None  # type: ignore[assignment]

_LOCK_TIMEOUT = 1.0
"""Seconds to wait for another process that removes leftovers."""


@contextmanager
def staging(folder: Path) -> Iterator[None]:
    """Create the folder, remove leftovers of killed writers, and protect our temporary files."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = _open_folder(folder)
    if descriptor is None:
        yield
        return
    try:
        if _try_lock(descriptor, fcntl.LOCK_EX):
            _remove_leftovers(folder)
        deadline = time.monotonic() + _LOCK_TIMEOUT
        # Write even without a lock: the file system may have none, or another program holds it.
        while not _try_lock(descriptor, fcntl.LOCK_SH) and time.monotonic() < deadline:
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _open_folder(folder: Path) -> int | None:
    """Return a descriptor of the folder for locking; None if it cannot be locked."""
    if fcntl is None:
        return None
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # the folder may be writable but not readable
        return None


def stage(path: Path, content: bytes) -> Path:
    """Write the content to a temporary file next to the path, ready to be renamed."""
    # The name is random, so no leftover file has it.
    temporary = path.with_name(f".archc-{_machine()}-{os.urandom(4).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags, 0o666)
    try:
        if path.exists():
            os.chmod(descriptor, path.stat().st_mode & 0o777)  # noqa: PTH101 - by descriptor
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _try_lock(descriptor: int, kind: int) -> bool:
    """Try to lock the folder without waiting, and return whether that worked."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of this machine, whose writers have ended."""
    ours = re.compile(rf"\.archc-{_machine()}-[0-9a-f]{{8}}\.tmp")
    for path in folder.iterdir():
        if ours.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            with suppress(OSError):  # another user's, or already removed
                path.unlink()


def _machine() -> str:
    """Return eight digits that identify the machine, from its name."""
    return sha256(socket.gethostname().encode()).hexdigest()[:8]
