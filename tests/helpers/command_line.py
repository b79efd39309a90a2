"""Runs the command line for tests: in this process, or in one without some packages."""

import os
import subprocess
import sys

from click.testing import CliRunner, Result

from archc.cli import cli

_WITHOUT = """\
import sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
from archc.cli import main
main()
"""


def run(*arguments: str) -> Result:
    """Return the command's output; it may raise only an exit."""
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def assert_refused(result: Result, *expected: str) -> None:
    """Assert exit status 1, every expected text in the output, and no traceback."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    for text in expected:
        assert text in result.stderr
    assert "Traceback" not in result.stderr
    assert "wrote" not in result.stdout


def closing_line(command: str) -> str:
    """Return the last line of a command's output with errors."""
    return {"build": "nothing was written\n", "check": "1 error\n"}.get(command, "")


def run_without(packages: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in a new process without these packages, separated by commas."""
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT, packages, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def run_in_encoding(encoding: str, *arguments: str) -> bytes:
    """Return the bytes that a new process prints to a terminal of that encoding."""
    command = [sys.executable, "-m", "archc", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout
