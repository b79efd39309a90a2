"""Tests the mutation testing: its faults, its list of survivors, and a sample run.

The whole runs by hand or at night, ``python tests/helpers/mutation.py``; results: docs/mutation.md.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import mutants_of
from mutation import GROUPS, SURVIVORS, all_mutants, as_row, listed_survivors
from trials import SOURCES

SAMPLE = 20
SAMPLED = "names"
"""The group whose mutants are all known to be killed."""
CODE = '''\
"""Text of no consequence."""
LIMIT: int = 3


class Rule(Base):
    size: Annotated[int, Field(ge=1)] = 0.5
    """Documents the field."""

    @decorated(mode="left alone")
    def check(self, shape: "Left") -> "Alone":
        assert shape is not None
        total = 0
        if shape[1:] and not self.odd:
            total += max(shape)
        for size in zip(shape, reversed(shape), strict=True):
            print(f"{size:,} of {total}")
        return -total <= LIMIT
'''
CHANGES = {
    ("", "3 → 4"),
    ("", "3 → 2"),
    ("Rule", "size: Annotated[int, Field(ge=1)] = 0.5 → size: Annotated[int, Field(ge=1)]"),
    ("Rule", "1 → 2"),
    ("Rule", "1 → 0"),
    ("Rule", "0.5 → 1.0"),
    ("Rule.check", "total = 0 → removed"),
    ("Rule.check", "0 → 1"),
    ("Rule.check", "0 → -1"),
    ("Rule.check", "shape[1:] and (not self.odd) → True"),
    ("Rule.check", "shape[1:] and (not self.odd) → False"),
    ("Rule.check", "shape[1:] and (not self.odd) → shape[1:] or not self.odd"),
    ("Rule.check", "shape[1:] and (not self.odd) → not self.odd"),
    ("Rule.check", "shape[1:] and (not self.odd) → shape[1:]"),
    ("Rule.check", "1: → :"),
    ("Rule.check", "1 → 2"),
    ("Rule.check", "1 → 0"),
    ("Rule.check", "not self.odd → self.odd"),
    ("Rule.check", "total += max(shape) → removed"),
    ("Rule.check", "max(shape) → min(shape)"),
    ("Rule.check", "reversed(shape) → shape"),
    ("Rule.check", 'print(f"{size:,} of {total}") → removed'),
    ("Rule.check", "f'{size:,} of {total}' → ''"),
    ("Rule.check", "f',' → nothing"),
    ("Rule.check", "return -total <= LIMIT → return None"),
    ("Rule.check", "-total <= LIMIT → -total < LIMIT"),
    ("Rule.check", "-total → total"),
}


def test_the_faults_that_are_made(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text(CODE)
    mutants = mutants_of(file, "code.py")
    changes = set()
    for key in (mutant.key for mutant in mutants):
        removed = key.change == "removed"
        changes.add((key.scope, f"{key.line} → removed" if removed else key.change))
    assert changes == CHANGES
    tree = ast.parse(CODE)
    planted = [ast.unparse(mutant.planted(tree)) for mutant in mutants]
    assert len({ast.unparse(tree), *planted}) == len(mutants) + 1  # all changes are different
    assert ast.unparse(tree) == ast.unparse(ast.parse(CODE))  # and none is left in the tree


def test_every_mutant_has_a_name_of_its_own() -> None:
    for group in GROUPS.values():
        keys = [mutant.key for mutant in all_mutants(group)]
        assert keys
        assert len(set(keys)) == len(keys)


def test_the_files_are_all_that_count_and_judge() -> None:
    named = {file for group in GROUPS.values() for file in group.files}
    folders = {
        f"{folder}/{path.name}"
        for folder in ("analyses", "ops")
        for path in (SOURCES / folder).glob("*.py")
    }
    compared = {f"analyses/{name}.py" for name in ("__init__", "differences", "roofline")}
    assert named == folders - compared | {
        "checks/computed.py",
        "checks/conformance.py",
        "checks/conventions.py",
        "language/fields/names.py",
        "language/sections/printed_numbers.py",
        "language/sections/printed_rows.py",
        "language/sections/printed_table.py",
        "network/names.py",
    }


def test_the_listed_survivors_are_mutants_with_reasons() -> None:
    text = SURVIVORS.read_text(encoding="utf-8")
    known = listed_survivors(text)
    keys = {mutant.key for group in GROUPS.values() for mutant in all_mutants(group)}
    assert sorted(known.keys() - keys) == []
    assert all(known.values())
    assert all(as_row(key, why) in text for key, why in known.items())


@pytest.mark.slow
def test_a_sample_of_mutants_is_killed() -> None:
    script = Path(__file__).parents[1] / "helpers" / "mutation.py"
    options = ["--sample", str(SAMPLE), "--seed", "1", "--jobs", "1"]
    command = [sys.executable, str(script), SAMPLED, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
