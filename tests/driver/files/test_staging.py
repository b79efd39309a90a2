"""Tests that temporary files of killed writers are removed, and those of running ones are not."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archc.driver.files import staging
from archc.driver.files.writer import File, write_files, write_new

WRITER = """\
import sys, time
from pathlib import Path
from archc.driver.files.staging import stage, staging
with staging(Path.cwd()):
    print(stage(Path("net.py"), b"x = 1").name, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def names() -> set[str]:
    return {path.name for path in Path().iterdir()}


def write(name: str = "other.py") -> None:
    outcome = write_files([File(Path(name), b"y = 2")], force=True)
    assert outcome.written == (Path(name),)


def test_a_writer_that_lives_keeps_its_file_and_a_dead_one_does_not() -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        left = writer.stdout.readline().strip()
        write()
        assert names() == {left, "other.py"}
    finally:
        writer.kill()
        writer.communicate()
    assert writer.returncode == -signal.SIGKILL
    assert names() == {left, "other.py"}
    Path("other.py").unlink()
    write()
    assert names() == {"other.py"}


def test_what_a_dead_writer_left_is_removed_by_every_command_that_writes() -> None:
    for _ in range(3):
        staging.stage(Path("net.py"), b"")
    assert len(names()) == 3
    assert write_new(File(Path("new.yaml"), b""), force=False) is None
    assert names() == {"new.yaml"}


def test_files_of_other_writers_are_not_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    left = staging.stage(Path("net.py"), b"").name
    kept = {".net.py.0a1b2c3d.tmp", f"{left}.txt", left.replace(".archc", "archc")}
    for name in kept:
        Path(name).write_bytes(b"mine")
    folder, link = left[:-6] + "00.tmp", left[:-6] + "01.tmp"
    Path(folder).mkdir()
    Path(link).symlink_to("net.py")
    write()
    assert names() == {"other.py", folder, link, *kept}
    left = staging.stage(Path("net.py"), b"").name
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    Path("other.py").unlink()
    write()
    assert left in names()  # of another machine, whose writer may be running


@pytest.mark.parametrize("kind", [fcntl.LOCK_SH, fcntl.LOCK_EX])
def test_a_lock_that_is_never_released_does_not_prevent_writing(kind: int) -> None:
    left = staging.stage(Path("net.py"), b"").name
    descriptor = os.open(".", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, kind)
        started = time.monotonic()
        write()
        assert time.monotonic() - started < 30
    finally:
        os.close(descriptor)
    assert names() == {left, "other.py"}


def test_a_file_system_without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(descriptor: int, kind: int) -> None:
        raise OSError("no locks available")

    left = staging.stage(Path("net.py"), b"").name
    monkeypatch.setattr(fcntl, "flock", no_locks)
    write()
    assert names() == {left, "other.py"}
    monkeypatch.setattr(staging, "fcntl", None)  # as on Windows
    write("third.py")
    assert names() == {left, "other.py", "third.py"}


def test_many_writers_at_once() -> None:
    script = """\
import sys
from pathlib import Path
from archc.driver.files.writer import File, write_files
for turn in range(40):
    content = f"{sys.argv[1]} {turn}".encode()
    outcome = write_files([File(Path(f"{sys.argv[1]}.py"), content)], force=True)
    assert outcome.written, outcome.diagnostics
"""
    writers = [subprocess.Popen([sys.executable, "-c", script, str(i)]) for i in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    assert names() == {f"{i}.py" for i in range(4)}
