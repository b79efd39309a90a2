"""Mutation testing: do the tests notice small faults in the code that counts and judges?

    python tests/helpers/mutation.py [GROUP ...] [--sample N] [--seed N] [--jobs N]

docs/mutation.md lists the known survivors with reasons. The exit status is 1 if there is another
survivor, or if a listed one no longer survives.
"""

import argparse
import os
import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mutants import Key, Mutant, mutants_of
from trials import ROOT, SOURCES, preload, try_mutants

SURVIVORS = ROOT / "docs" / "mutation.md"


class Group(NamedTuple):
    """Files, and the tests that must notice changes in them, the quickest first."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "analyses": Group(
        (
            *(
                f"analyses/{n}.py"
                for n in (
                    "adjacency",
                    "analysis",
                    "cost",
                    "depth",
                    "limits",
                    "linear_paths",
                    "memory",
                    "branch_sizes",
                    "receptive_field",
                    "shapes",
                )
            ),
        ),
        (
            "analyses/test_analyses.py",
            "diagnostics/test_bad_specs.py",
            "driver/test_build.py",
            "analyses/test_limits.py",
            "checks/lints/test_stacked_linear.py",
            "checks/lints/test_lints.py",
            "checks/lints/test_lints_of_residuals.py",
        ),
    ),
    "conformance": Group(
        (
            "checks/computed.py",
            "checks/conformance.py",
            "checks/conventions.py",
            "language/sections/printed_numbers.py",
            "language/sections/printed_rows.py",
            "language/sections/printed_table.py",
        ),
        ("checks/test_conformance.py", "diagnostics/test_bad_specs.py", "driver/test_build.py"),
    ),
    "names": Group(
        ("network/names.py", "language/fields/names.py"),
        ("network/test_names.py", "diagnostics/test_bad_specs.py"),
    ),
    "operators": Group(
        tuple(sorted(f"ops/{path.name}" for path in (SOURCES / "ops").glob("*.py"))),
        ("ops/test_operators.py", "diagnostics/test_bad_specs.py", "driver/test_build.py"),
    ),
}


def listed_survivors(text: str) -> dict[Key, str]:
    """Return the known survivors and their reasons, from docs/mutation.md."""
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
    """Return a row of docs/mutation.md."""
    place = f"{key.file} {key.scope}".strip() + (f" #{key.occurrence}" * (key.occurrence > 1))
    line, change = (text.replace("|", "\\|") for text in (key.line, key.change))
    return f"| `{place}` | `{line}` | `{change}` | {why} |"


def all_mutants(group: Group) -> list[Mutant]:
    """Return every mutant of the group's files."""
    return [mutant for file in group.files for mutant in mutants_of(SOURCES / file, file)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants, print the totals and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], metavar="GROUP")
    parser.add_argument("--sample", type=int, help="run a random sample of this many mutants")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    preload()
    known = listed_survivors(SURVIVORS.read_text(encoding="utf-8"))
    groups = {name: GROUPS[name] for name in options.groups or GROUPS}
    chosen = {name: all_mutants(group) for name, group in groups.items()}
    if options.sample is not None:
        everything = [mutant for mutants in chosen.values() for mutant in mutants]
        drawn = {m.key for m in random.Random(options.seed).sample(everything, options.sample)}
        chosen = {name: [m for m in ms if m.key in drawn] for name, ms in chosen.items()}
    failed = False
    for name, mutants in chosen.items():
        child = os.fork() if mutants else 0
        if child:
            # A process for each group, since its tests are imported there.
            failed |= os.waitpid(child, 0)[1] != 0
        elif mutants:
            os._exit(not report(name, mutants, known, options.jobs))
    return int(failed)


def report(name: str, mutants: list[Mutant], known: dict[Key, str], jobs: int) -> bool:
    """Print the results for a group's mutants; return False if they differ from the list."""
    as_listed = True
    counts: Counter[str] = Counter()
    for mutant, killed, timed_out in try_mutants(mutants, GROUPS[name].tests, jobs):
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
