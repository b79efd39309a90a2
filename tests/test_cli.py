"""Tests archc as a process: as a script and as ``python -m archc``, and if it cannot print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import archc

SCRIPT = str(Path(sys.executable).with_name("archc"))
BAD = str(Path(__file__).parent / "specs" / "bad" / "layer_kind_unknown.yaml")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["check", "googlenet.yaml"], 0),
        (["check", BAD], 1),
        (["check", "--no-such-option"], 2),
        (["--help"], 0),
    ],
    ids=["fine", "errors", "wrong usage", "help"],
)
def test_it_equals_the_script(arguments: list[str], status: int) -> None:
    script, module = run(SCRIPT, *arguments), run(sys.executable, "-m", "archc", *arguments)
    assert script.returncode == module.returncode == status
    for here, there in ((module.stdout, script.stdout), (module.stderr, script.stderr)):
        assert here == re.sub(r"(Usage: |Try ')archc\b", r"\1python -m archc", there)
    assert script.stdout or script.stderr


def test_it_says_its_version() -> None:
    assert run(sys.executable, "-m", "archc", "--version").stdout == (
        f"archc, version {archc.__version__}\n"
    )


def test_a_process_of_its_own_ends_with_status_1_and_no_traceback() -> None:
    ended = run(sys.executable, "-m", "archc", "check", "nowhere.yaml")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("error[A101] spec not found: nowhere.yaml\n")
    assert "Traceback" not in ended.stderr


def shell(redirection: str) -> "subprocess.CompletedProcess[str]":
    command = f"{sys.executable} -m archc check googlenet.yaml {redirection}"
    return run("/bin/sh", "-c", command)


@pytest.mark.parametrize("redirection", [">&-", ">&- 2>&-", "2>&-"])
def test_closed_streams_are_no_fault(redirection: str) -> None:
    ended = shell(redirection)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_device_is_no_fault_of_archc() -> None:
    ended = shell("> /dev/full")
    assert ended.returncode == 1
    assert ended.stderr == "archc: cannot write output: No space left on device\n"
    assert shell("> /dev/full 2>&1").returncode == 1


def test_a_reader_that_went_away_is_told_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "archc", "check", "googlenet.yaml"]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")
