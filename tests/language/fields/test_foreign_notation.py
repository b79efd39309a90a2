"""Tests ``archc check --fix`` on specs with a value in another tool's notation."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from fuzz.foreign import rewritten
from fuzz.generate import random_spec
from fuzz.text import write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archc.driver.check import check_spec
from archc.driver.fix import fix_spec
from archc.driver.pipeline import Compiled, compile_spec
from archc.network import ir
from archc.ops.operator import Operator

EXAMPLES = 400


def operators(text: str) -> list[tuple[str, Operator]] | None:
    """Return the path and operator of every layer; None if the text is not a valid spec."""
    Path("net.yaml").write_text(text)
    compiled = compile_spec("net.yaml")
    if not isinstance(compiled, Compiled):
        return None
    network = compiled.network
    return [
        (node.path, node.operator)
        for row in network.rows_and_heads
        for node in ir.walk(row)
        if isinstance(node, ir.Op)
    ]


def test_a_foreign_notation_becomes_the_plain_one_or_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fixed spec describes the original network; everything else in the text is unchanged.

    Each example's seed varies:
      - the spec: modules with columns, variants of modules, structures, defaults, parameters,
        width, auxiliary heads, every operator (``fuzz.generate``);
      - which value or key of it is rewritten, in rows, heads, modules or defaults;
      - its notation (``fuzz.foreign``): lists and tuples, capitals, spaces and zeros in sizes,
        four paddings, words for padding, for truth and for none, quoted, decimal and hexadecimal
        numbers, a stride under a key of its own; names of kinds and fields that PyTorch, Keras
        and Caffe have for the same thing, and those that they have for another one.
    Fixed: only one value is foreign, and the spec is otherwise valid; sections, names of rows, the
    header and extended specs are never rewritten.
    """
    monkeypatch.chdir(tmp_path)
    fixed: Counter[str] = Counter()
    kept: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.integers(0, 2**32))
    def judge(seed: int) -> None:
        random = Random(seed)
        spec = random_spec(random)
        foreign = rewritten(spec, random)
        if foreign is None:
            return
        plain = operators(write(spec, 2))
        assert plain is not None
        text = write(foreign.spec, 2)
        if operators(text) is not None:
            return  # valid, such as a number written as a decimal
        promised = len(check_spec("net.yaml").fixable)
        outcome = fix_spec("net.yaml")
        after = Path("net.yaml").read_text()
        assert outcome.number == promised, text
        if outcome.number:
            assert operators(after) == plain, f"{text}\nis fixed as\n{after}"
            fixed[foreign.notation] += 1
        else:
            assert after == text
            kept[foreign.notation] += 1

    judge()
    # Each notation occurs, and some of those with one reading are fixed.
    assert {"a list", "a tuple", "capitals", "spaces", "a word for truth"} <= set(fixed)
    assert {"a quoted number", "a kind", "a bare kind"} <= set(fixed)
    assert {"a kind", "a bare kind", "a field", "four sides", "hexadecimal"} <= set(kept)
    assert {"a stride of its own", "a word for padding", "four sides", "hexadecimal"}.isdisjoint(
        fixed
    )
