"""Runs tests on mutants, each in a forked child that stops at the first failing test.

A fault within a function replaces the function in memory, where the tests are already collected,
and only the tests that call it run. A fault in code that runs at import, such as a constant or a
field, needs a child that imports everything again, with the changed module instead of the file. No
file is written.
"""

import ast
import importlib
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import cached_property
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple

import pytest
import torch
from mutants import Mutant
from torch import nn

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "compiler" / "archc"
PRELOADED = ("click", "jinja2", "pydantic.root_model", "yaml")
OPTIONS = (
    *("-x", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")),
    *("-o", "addopts=--import-mode=importlib -m 'not slow'"),  # in this process, without xdist
)
SECONDS = 30
"""In processor time, so that a busy machine kills no mutant."""
MEMORY = 4 * 1024**3
NOT_PLANTED = 99
"""A child's status if the fault could not be planted, so that the result is unknown."""


class Verdict(NamedTuple):
    """The result for a mutant: whether it was killed, and whether only by the time limit."""

    mutant: Mutant
    killed: bool
    timed_out: bool


def preload() -> None:
    """Import once what every child would import, including torch's initialisation at first use."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for module in PRELOADED:
        importlib.import_module(module)
    torch.set_num_threads(1)  # threads do not survive a fork
    image = torch.empty(1, 2, 4, 4, device="meta")
    for layer in (nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(3)):
        layer.to("meta")(image)


def try_mutants(mutants: Sequence[Mutant], tests: Sequence[str], jobs: int) -> Iterator[Verdict]:
    """Yield every mutant's verdict, first those at import, which need a process without archc.

    Raises SystemExit if the tests fail without a fault, or do not run at all.
    """
    paths = [str(ROOT / "tests" / test) for test in tests]
    trees = {file: parsed(file) for file in {mutant.key.file for mutant in mutants}}
    codes = {m: compiled(m.key.file, m.planted(trees[m.key.file])) for m in mutants}
    outside = [mutant for mutant in mutants if not mutant.within_function]
    if outside:
        file = outside[0].key.file
        unchanged = compiled(file, trees[file])
        _, status = os.waitpid(forked(lambda: _run_anew(file, unchanged, paths)), 0)
        if status:
            raise SystemExit(f"the tests fail without a fault: {', '.join(tests)}")
    yield from _judge(
        outside, lambda m: forked(lambda: _run_anew(m.key.file, codes[m], paths)), jobs
    )
    inside = [mutant for mutant in mutants if mutant.within_function]
    if inside:
        trial = _Trial(inside, codes, paths, jobs)
        with Path(os.devnull).open("w") as quiet, redirect_stdout(quiet):
            status = int(pytest.main([*OPTIONS, *paths], plugins=[trial]))
        if status or len(trial.verdicts) < len(inside):
            raise SystemExit(f"the tests fail without a fault: {', '.join(tests)}")
        yield from trial.verdicts


def parsed(file: str) -> ast.Module:
    """The file as it is."""
    return ast.parse((SOURCES / file).read_text(encoding="utf-8"))


def compiled(file: str, tree: ast.Module) -> CodeType:
    """Compile the file's tree. A SyntaxError is raised here, where it kills no mutant."""
    return compile(tree, str(SOURCES / file), "exec", dont_inherit=True)


def forked(run: Callable[[], int]) -> int:
    """Start a quiet child that exits with the status from ``run``, and return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os.chdir(ROOT)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, 2 * SECONDS))
        status = run()
    finally:
        os._exit(status)


def _judge(
    mutants: Sequence[Mutant], start: Callable[[Mutant], int], jobs: int
) -> Iterator[Verdict]:
    """Yield the mutants' verdicts as they finish, with ``jobs`` of them running at a time."""
    waiting = list(reversed(mutants))
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[start(mutant)] = mutant
        child, status = os.wait()
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == NOT_PLANTED:
            raise RuntimeError(f"not planted: {running[child].key}")
        timed_out = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
        yield Verdict(running.pop(child), status != 0, timed_out)


# -- faults at import ----------------------------------------------------------------------------


class _Loader(SourceFileLoader):
    """Loads a module from the given code, never from its file or cached bytecode."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname: str) -> CodeType:
        return self.code


class _Finder(importlib.abc.MetaPathFinder):
    """Loads one module from its changed code, and all others as usual."""

    def __init__(self, file: str, code: CodeType) -> None:
        self.name = module_name(file)
        self.path = SOURCES / file
        self.code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        inside = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            fullname,
            self.path,
            loader=_Loader(fullname, str(self.path), self.code),
            submodule_search_locations=inside,
        )


def module_name(file: str) -> str:
    """Return the module name of a file in ``SOURCES``."""
    parts = ("archc", *Path(file).with_suffix("").parts)
    return ".".join(part for part in parts if part != "__init__")


def _run_anew(file: str, code: CodeType, paths: Iterable[str]) -> int:
    """Run pytest with the code in place of the file, and return its status."""
    assert "archc" not in sys.modules
    sys.meta_path.insert(0, _Finder(file, code))
    for path in paths:
        if status := pytest.main([*OPTIONS, path]):
            return int(status)
    return 0


# -- faults within functions ---------------------------------------------------------------------


class _Trial:
    """A pytest plugin that tries the mutants after the tests are collected and have passed."""

    def __init__(
        self,
        mutants: Sequence[Mutant],
        codes: dict[Mutant, CodeType],
        paths: Sequence[str],
        jobs: int,
    ) -> None:
        self.mutants = mutants
        self.codes = codes
        self.paths = paths
        self.jobs = jobs
        self.failed = False
        self.verdicts: list[Verdict] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return True
        callers = self._callers(session.items)
        if not self.failed:
            self.verdicts += _judge(
                self.mutants,
                lambda m: forked(lambda: self._run(m, callers.get(_function_of(m), []))),
                self.jobs,
            )
        return True

    def _callers(self, items: Sequence[pytest.Item]) -> dict[tuple[str, str], list[pytest.Item]]:
        """Map each function, by file and qualified name, to the tests that call it."""
        callers: dict[tuple[str, str], list[pytest.Item]] = {}
        called: set[tuple[str, str]] = set()

        def note(frame: FrameType, event: str, _: object) -> None:
            if event == "call":
                called.add((frame.f_code.co_filename, frame.f_code.co_qualname))

        for item, after in zip(items, [*items[1:], None], strict=True):
            called.clear()
            sys.setprofile(note)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            sys.setprofile(None)
            for function in called:
                callers.setdefault(function, []).append(item)
        return callers

    def _run(self, mutant: Mutant, items: Sequence[pytest.Item]) -> int:
        """Return 1 at the first test that fails with the fault, or 0 if none does."""
        try:
            _plant(mutant, self.codes[mutant])
        except (KeyError, ValueError, StopIteration, AssertionError):
            return NOT_PLANTED
        for item, after in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self.failed:
                return 1
        return 0


def _function_of(mutant: Mutant) -> tuple[str, str]:
    return str(SOURCES / mutant.key.file), mutant.key.scope


def _plant(mutant: Mutant, module: CodeType) -> None:
    """Replace the function's code in memory by the faulty code."""
    holder: Any = sys.modules[module_name(mutant.key.file)]
    for name in mutant.key.scope.split("."):
        holder = vars(holder)[name]
    for wrapper, inner in (
        (property, "fget"),
        (cached_property, "func"),
        (classmethod, "__func__"),
    ):
        if isinstance(holder, wrapper):
            holder = getattr(holder, inner)
    assert isinstance(holder, FunctionType)
    holder.__code__ = next(_codes_of(module, mutant.key.scope))


def _codes_of(code: CodeType, name: str) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == name:
                yield constant
            yield from _codes_of(constant, name)
