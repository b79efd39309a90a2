"""Tests that repeated layers keep their identity."""

from pathlib import Path

import pytest

import archc
from archc.language.grammar.syntax_tree import Layer
from archc.network import ir


def recycled(thing: object) -> int:
    """Reuse ids as Python may: copies made by a Repeat are freed, and later ones get their ids."""
    return 0 if isinstance(thing, Layer) and thing.name in ("1", "2") else id(thing)


def test_repeats_beside_each_other_keep_their_kinds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = {"Conv": "{Conv: 3x3, out: 4}", "MaxPool": "{MaxPool: 3x3/1 same}", "LRN": "{LRN: 5}"}
    rows = [f"  row{kind}: {{Repeat: 3, of: {layer}}}" for kind, layer in inner.items()]
    spec = tmp_path / "net.yaml"
    spec.write_text("archc: 1\nname: Net\ninput: 4x8x8\nclasses: 2\nbody:\n" + "\n".join(rows))
    monkeypatch.setattr("archc.language.lower.id", recycled, raising=False)
    for kind, row in zip(inner, archc.load(spec).rows, strict=True):
        assert isinstance(row, ir.Repeat)
        kinds = [type(item.operator).__name__ for item in row.items if isinstance(item, ir.Op)]
        assert kinds == [kind] * 3
