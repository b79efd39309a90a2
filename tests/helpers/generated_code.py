"""Checks of generated code with ruff and mypy, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "pyproject.toml")


def run(*arguments: str, **environment: str) -> str:
    """Return what Python prints; fail unless it exits with 0."""
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def assert_formatted(folder: Path) -> None:
    """Fail if ruff would format a file of the folder differently."""
    run("-m", "ruff", "format", "--no-cache", "--config", CONFIG, "--diff", str(folder))


def assert_linted(folder: Path) -> None:
    """Fail if ruff reports anything in the folder."""
    run("-m", "ruff", "check", "--no-cache", "--config", CONFIG, str(folder))


def assert_typed(folder: Path, cache: str) -> None:
    """Fail if mypy --strict reports anything in the folder; ``cache`` names its cache."""
    files = [str(file) for file in sorted(folder.glob("*.py"))]
    cache_dir = ROOT / ".mypy_cache" / cache
    run("-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache_dir}", *files)
