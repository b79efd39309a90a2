"""Mutation testing: do the tests notice a small fault in what counts and judges?

    python tests/mutation.py [GROUP ...] [--sample N] [--seed N] [--jobs N]

Each mutant is run in a forked child, where the changed module is imported in the place of the
file's own and a quick selection of the tests runs until one fails. Nothing is written. The
survivors that are known are listed in docs/mutation.md, each with its reason; exit status 1 tells
of one that is not, or of a listed one that no longer survives.
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
    """Loads a module with the code given, and never from its file or from cached bytecode."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname: str) -> CodeType:
        return self.code


class _Finder(importlib.abc.MetaPathFinder):
    """Gives one module its changed code; all others are found as ever."""

    def __init__(self, file: str, code: CodeType) -> None:
        path = SOURCES / file
        parts = ("archc", *Path(file).with_suffix("").parts)
        self.name = ".".join(part for part in parts if part != "__init__")
        self.path = path
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


def run_tests(file: str, code: CodeType, tests: Iterable[str]) -> int:
    """Pytest's status with the code in the place of the file; for a process of its own."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # their import takes longer than the tests
    sys.meta_path.insert(0, _Finder(file, code))
    paths = [str(ROOT / "tests" / test) for test in tests]
    return int(pytest.main([*OPTIONS, *paths]))


def forked(file: str, code: CodeType, tests: Iterable[str]) -> int:
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
        status = run_tests(file, code, tests)
    finally:
        os._exit(status)


def parsed(file: str) -> ast.Module:
    """The file as it is."""
    return ast.parse((SOURCES / file).read_text(encoding="utf-8"))


def compiled(file: str, tree: ast.Module) -> CodeType:
    """The file's tree as code. Raises SyntaxError here, where no mutant is killed by it."""
    return compile(tree, str(SOURCES / file), "exec", dont_inherit=True)


def judge(mutants: Sequence[Mutant], tests: tuple[str, ...], jobs: int) -> Iterator[Verdict]:
    """The mutants' verdicts as they come, with ``jobs`` of them running at a time."""
    trees = {file: parsed(file) for file in {mutant.key.file for mutant in mutants}}
    waiting = list(reversed(mutants))
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            file = mutant.key.file
            running[forked(file, compiled(file, mutant.planted(trees[file])), tests)] = mutant
        child, status = os.wait()
        timed_out = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
        yield Verdict(running.pop(child), status != 0, timed_out)


def check_unchanged(group: Group) -> None:
    """Raise SystemExit where the tests fail without a fault, or do not run at all."""
    file = group.files[0]
    _, status = os.waitpid(forked(file, compiled(file, parsed(file)), group.tests), 0)
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
    reports = [report(name, ms, known, options.jobs) for name, ms in chosen.items() if ms]
    return int(not all(reports))


def report(name: str, mutants: list[Mutant], known: dict[Key, str], jobs: int) -> bool:
    """Print what becomes of a group's mutants; False where that is not what is listed."""
    check_unchanged(GROUPS[name])
    as_listed = True
    counts: Counter[str] = Counter()
    for mutant, killed, timed_out in judge(mutants, GROUPS[name].tests, jobs):
        counts["killed" if killed else "survived"] += 1
        counts["by time"] += timed_out
        if killed == (mutant.key in known):
            as_listed = False
            what = "listed, but killed" if killed else "survived, not listed"
            print(f"{what}, line {mutant.number}: {as_row(mutant.key, known.get(mutant.key, ''))}")
    print(
        f"{name}: {len(mutants)} mutants, {counts['killed']} killed ({counts['by time']} by time), "
        f"{counts['survived']} survived, {100 * counts['killed'] / len(mutants):.1f}% killed",
        flush=True,
    )
    return as_listed


if __name__ == "__main__":
    raise SystemExit(main())
