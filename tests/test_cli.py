"""Tests that ``python -m archc`` is the script ``archc``."""

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
    ids=["fine", "findings", "wrong usage", "help"],
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
