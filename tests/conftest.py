"""Provides the tests' options, the figures that they print, and models to compare specs with."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-expected``, which rewrites the expected results next to specs."""
    parser.addoption(
        "--update-expected",
        action="store_true",
        help="Write current results as the expected ones; read each difference.",
    )


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Rewrite expected results in one process, since several tests write the same file."""
    return 0 if config.getoption("--update-expected") else None


if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has one core, so more threads, of torch or of started processes, would only wait.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Collects lines that a test has measured, to print at the end of the run."""

    def add(line: str) -> None:
        # A property reaches the report even from a process of pytest-xdist.
        request.node.user_properties.append(("figures", line))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures, also those of failed tests."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    lines = [
        line
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, line in report.user_properties
        if name == "figures"
    ]
    if lines:
        terminalreporter.section("figures")
    for line in lines:
        terminalreporter.write_line(str(line))


@pytest.fixture(scope="session")
def cadene() -> ModuleType:
    """Load the file of Cadene's pretrained-models that contains bninception.

    Its package downloads data sets, and needs further packages for them.
    """
    package = importlib.util.find_spec("pretrainedmodels")
    assert package is not None and package.submodule_search_locations is not None
    (folder,) = package.submodule_search_locations
    file = Path(folder) / "models" / "bninception.py"
    spec = importlib.util.spec_from_file_location("cadene_bninception", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
