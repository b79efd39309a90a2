"""Mutation testing: do the tests notice a small fault in what counts and judges?

    python tests/mutation.py [GROUP ...] [--sample N] [--seed N] [--jobs N]

Each mutant is run in a forked child, where the changed module is imported in the place of the file's
own and a quick selection of the tests runs until one fails. Nothing is written. The survivors that
are known are listed in docs/mutation.md, each with its reason; exit status 1 tells of one that is
not, or of a listed one that no longer survives.
"""

import argparse
import ast
import importlib
import importlib.abc
import importlib.util
import os
import random
import re
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

import pytest
from mutants import Key, Mutant, mutants_of

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "compiler" / "archc"
SURVIVORS = ROOT / "docs" / "mutation.md"
PRELOADED = "torch numpy click pydantic.root_model yaml jinja2 jsonschema".split()
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"))
SECONDS = 60
MEMORY = 4 * 1024**3
TARGET = 0.9


class Group(NamedTuple):
    """Files, and the tests that must notice what changes in them, the quickest first."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "analyses": Group(
        (
            *(f"analyses/{n}.py" for n in ("cost", "depth", "memory", "receptive_field", "shapes")),
            "analysis.py",
        ),
        ("test_analyses.py", "test_bad_specs.py", "test_goldens.py"),
    ),
    "conformance": Group(
        ("conformance.py", "table.py"),
        ("test_conformance.py", "test_bad_specs.py", "test_goldens.py"),
    ),
    "names": Group(("names.py",), ("test_names.py", "test_bad_specs.py")),
    "operators": Group(
        tuple(sorted(f"ops/{path.name}" for path in (SOURCES / "ops").glob("*.py"))),
        ("test_operators.py", "test_bad_specs.py", "test_goldens.py"),
    ),
}


class Verdict(NamedTuple):
    """What became of a mutant: killed, and if so whether only by the limit of time."""

    mutant: Mutant
    killed: bool
    timed_out: bool


class _Loader(SourceFileLoader):
    """Loads a module from the tree given, and never from cached bytecode."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self.tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Gives one module its changed tree; all others are found as ever."""

    def __init__(self, file: str, tree: ast.Module) -> None:
        path = SOURCES / file
        parts = ("archc", *Path(file).with_suffix("").parts)
        self.name = ".".join(part for part in parts if part != "__init__")
        self.path = path
        self.tree = tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        inside = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            fullname,
            self.path,
            loader=_Loader(fullname, str(self.path), self.tree),
            submodule_search_locations=inside,
        )


def run_tests(file: str, tree: ast.Module, tests: Iterable[str]) -> int:
    """Pytest's status with the tree in the place of the file; for a process of its own."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # their import takes longer than the tests
    sys.meta_path.insert(0, _Finder(file, tree))
    paths = [str(ROOT / "tests" / test) for test in tests]
    return int(pytest.main([*OPTIONS, *paths]))


def forked(file: str, tree: ast.Module, tests: Iterable[str]) -> int:
    """The id of a child that runs the tests quietly and ends with their status."""
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
        signal.alarm(SECONDS)
        status = run_tests(file, tree, tests)
    finally:
        os._exit(status)


def judge(
    mutants: Sequence[Mutant], tests: tuple[str, ...], trees: dict[str, ast.Module], jobs: int
) -> Iterator[Verdict]:
    """The mutants' verdicts as they come, with ``jobs`` of them running at a time."""
    waiting = list(reversed(mutants))
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            tree = mutant.planted(trees[mutant.key.file])
            running[forked(mutant.key.file, tree, tests)] = mutant
        child, status = os.wait()
        timed_out = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
        yield Verdict(running.pop(child), status != 0, timed_out)


def check_unchanged(group: Group, trees: dict[str, ast.Module]) -> None:
    """Raise SystemExit where the tests fail without a fault, or do not run at all."""
    file = group.files[0]
    _, status = os.waitpid(forked(file, trees[file], group.tests), 0)
    if status:
        raise SystemExit(f"without any fault, {', '.join(group.tests)} fail")


def listed_survivors(text: str) -> dict[Key, str]:
    """The rows of docs/mutation.md: the survivors known, and why."""
    found = {}
    for row in re.findall(r"^\| `.*\|$", text, re.M):
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        place, line, change, why = cells
        file, _, rest = place.strip("`").partition(" ")
        scope, _, occurrence = rest.partition(" #")
        key = Key(file, scope, line[1:-1], change[1:-1], int(occurrence or 1))
        found[key] = why
    return found


def as_row(key: Key, why: str = "") -> str:
    """A row of docs/mutation.md."""
    place = f"{key.file} {key.scope}".strip() + (f" #{key.occurrence}" * (key.occurrence > 1))
    line, change = (text.replace("|", "\\|") for text in (key.line, key.change))
    return f"| `{place}` | `{line}` | `{change}` | {why} |"


def all_mutants(group: Group) -> list[Mutant]:
    """Every mutant of the group's files."""
    return [mutant for file in group.files for mutant in mutants_of(SOURCES / file, file)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants, print the totals and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], metavar="GROUP")
    parser.add_argument("--sample", type=int, help="as many mutants of all, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    for module in PRELOADED:
        importlib.import_module(module)
    known = listed_survivors(SURVIVORS.read_text(encoding="utf-8"))
    groups = {name: GROUPS[name] for name in options.groups or GROUPS}
    chosen = {name: all_mutants(group) for name, group in groups.items()}
    if options.sample is not None:
        everything = [mutant for mutants in chosen.values() for mutant in mutants]
        drawn = {m.key for m in random.Random(options.seed).sample(everything, options.sample)}
        chosen = {name: [m for m in ms if m.key in drawn] for name, ms in chosen.items()}
    failed = False
    for name, mutants in chosen.items():
        if mutants:
            failed |= not report(name, mutants, known, options.jobs)
    return int(failed)


def report(name: str, mutants: list[Mutant], known: dict[Key, str], jobs: int) -> bool:
    """Print what becomes of a group's mutants; False where that is not what is listed."""
    group = GROUPS[name]
    trees = {file: ast.parse((SOURCES / file).read_text(encoding="utf-8")) for file in group.files}
    check_unchanged(group, trees)
    verdicts = list(judge(mutants, group.tests, trees, jobs))
    counts = Counter((verdict.killed, verdict.timed_out) for verdict in verdicts)
    killed = counts[True, False] + counts[True, True]
    share = killed / len(verdicts)
    print(
        f"{name}: {len(verdicts)} mutants, {killed} killed ({counts[True, True]} by time), "
        f"{len(verdicts) - killed} survived: {100 * share:.1f}% killed",
        flush=True,
    )
    survivors = [verdict.mutant for verdict in verdicts if not verdict.killed]
    unlisted = sorted(
        (m for m in survivors if m.key not in known), key=lambda m: (m.key.file, m.number)
    )
    for mutant in unlisted:
        print(f"  survived, not listed, line {mutant.number}: {as_row(mutant.key)}")
    gone = [
        verdict.mutant.key for verdict in verdicts if verdict.killed and verdict.mutant.key in known
    ]
    for key in gone:
        print(f"  listed and killed: {as_row(key, known[key])}")
    return not unlisted and not gone


if __name__ == "__main__":
    raise SystemExit(main())
