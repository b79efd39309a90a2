"""The command line, for tests: in this process, or in one that lacks some packages."""

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
    """What the command says; nothing but an exit may be raised."""
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def run_without(packages: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, where these packages, with commas between, are missing."""
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT, packages, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
