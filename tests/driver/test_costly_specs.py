"""Tests that every command takes time and memory linear in a network's layers.

These specs were written by hand, from measurements and from reading the code, to keep one command
busy. ``python -m fuzz costly`` searches for more, and has found none above a bound. The tests
measure processor time, in a process with limits.
"""

from collections.abc import Callable

import pytest
from fuzz.costly import COMMANDS, weighed
from fuzz.large import Size, text_of

HEAD = "archc: 1\nname: Net\ninput: 3x16x16\nclasses: 10\n"
PART = "{Conv: 1x1, out: 3}"


def strides() -> str:
    repeated = "{Repeat: 3, of: {Repeat: 10000, of: {Conv: 1x1/512, out: 1}}}"
    return f"{HEAD}stem:\n  row: {repeated}\n"


def printed_parts() -> str:
    """Return a spec with a head whose parts are all in the printed table."""
    parts = "".join(f"      p{i}: {PART}\n" for i in range(300))
    rows = "".join(f"    head.p{i}: [1]\n" for i in range(300))
    long = f"long: {{Repeat: 10000, of: {PART}}}"
    end = "{AvgPool: global}", "Flatten", "{Linear: classes}"
    return (
        f"{HEAD}modules:\n  Head:\n    Sequence:\n      {long}\n{parts}"
        + "".join(f"      end{i}: {layer}\n" for i, layer in enumerate(end))
        + f"stem:\n  conv: {PART}\n"
        + "".join(f"  end{i}: {layer}\n" for i, layer in enumerate(end))
        + "aux:\n  head: {Aux: Head, from: conv, loss_weight: 1}\n"
        + f"table:\n  columns: [depth]\n  rows:\n{rows}"
    )


def of(**numbers: int) -> Callable[[], str]:
    return lambda: text_of(Size(**numbers))


WORST = {
    "strides": (strides, "check"),
    "lines that lead nowhere": (of(mapped=600, pattern=2, rows=10, inner=900), "check"),
    "lines of placeholders": (of(mapped=600, pattern=4, rows=10, inner=900), "check as SARIF"),
    "repeats of other shapes": (of(leaf=1, leaves=2, inner=3000), "report"),
    "repeats of other shapes, drawn": (of(leaf=1, leaves=2, inner=3000), "picture"),
    "modules in modules": (of(depth=46, leaves=4, inner=3000), "report"),
    "rows under other names": (of(rows=300, leaves=20), "diff"),
    "printed parts of a head": (printed_parts, "table as JSON"),
    "a long document": (of(rows=100, inner=200), "table as JSON"),
    "long names": (of(depth=46, name=40, leaves=4, inner=500), "layers"),
}


@pytest.mark.parametrize("name", WORST)
def test_a_command_takes_no_more_than_its_bound(name: str) -> None:
    make, command = WORST[name]
    share, fault = weighed(make(), command)
    assert not fault, f"{share:.1f} times the bound: {fault}"


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_measured_is_what_the_command_does(command: str) -> None:
    """A bound means nothing if a spec is rejected before it costs anything."""
    share, fault = weighed(text_of(Size(printed=1)), command)
    assert not fault
    assert 0 <= share < 1
