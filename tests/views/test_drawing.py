"""Tests pictures: nothing overlaps, no label is cut off, and a spec always gives the same bytes."""

import gc
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from command_line import run
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import specs

from archc.analyses import Analysis, analyze
from archc.driver.optimize import DEPLOY, optimize
from archc.driver.pipeline import compile_spec, load_network
from archc.language.spec_files import SpecFile
from archc.network import ir
from archc.ops import FAMILIES, OPERATORS
from archc.ops.activation import Activation
from archc.ops.family import Family
from archc.ops.operator import Operator
from archc.views.drawing.blocks import Block, Box, Join, Placed, Text, Wire
from archc.views.drawing.folding import MAXIMUM_OPEN, fold
from archc.views.drawing.labels import is_implied, kind_words, label
from archc.views.drawing.marks import differences_to_first, display_names, mark_all
from archc.views.drawing.network import draw_network, draw_part, draw_side_by_side
from archc.views.drawing.outline import outline
from archc.views.drawing.pictures import find_part, picture
from archc.views.drawing.svg import colours, render, style
from archc.views.drawing.text import SIZE, shorten, width_of
from archc.views.page.document import write_page

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
Frame = tuple[int, int, int, int]
"""Left, top, right, bottom."""


def compiled(spec: Path | str) -> Analysis:
    found = compile_spec(str(spec))
    assert not isinstance(found, list), found
    return found.analysis


def analysed(folder: Path, text: str) -> Analysis:
    spec = folder / "network.yaml"
    spec.write_text(text)
    return compiled(spec)


def placed(block: Block, x: int = 0, y: int = 0) -> Iterator[tuple[Frame, Block]]:
    """Yield every block with its position in the picture, outer blocks first."""
    yield (x, y, x + block.width, y + block.height), block
    for part in block.parts:
        if isinstance(part, Placed):
            yield from placed(part.block, x + part.x, y + part.y)


def texts(block: Block) -> Iterator[tuple[Frame, Text, Frame, Block]]:
    """Yield every text with the space for it, and its block with the block's space."""
    for frame, inner in placed(block):
        for part in inner.parts:
            if isinstance(part, Text):
                wide = width_of(part.text, bold=part.weight == "bold")
                left = part.x - {"start": 0, "middle": -(-wide // 2), "end": wide}[part.anchor]
                x, y = frame[0] + left, frame[1] + part.y
                yield (x, y - 9, x + wide, y + 3), part, frame, inner


def boxes_of(block: Block) -> set[str]:
    """Return the paths of all linked boxes."""
    return {inner.box.path for _, inner in placed(block) if inner.box and inner.box.path}


def overlap(a: Frame, b: Frame) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def inside(a: Frame, b: Frame) -> bool:
    return a[0] >= b[0] and a[1] >= b[1] and a[2] <= b[2] and a[3] <= b[3]


def check(block: Block) -> None:
    """Assert everything that holds for all pictures."""
    for _, around in placed(block):
        own = [
            (part.x, part.y, part.x + part.block.width, part.y + part.block.height)
            for part in around.parts
            if isinstance(part, Placed)
        ]
        for frame in own:
            assert inside(frame, (0, 0, around.width, around.height)), (frame, around.box)
        for a, b in combinations(own, 2):
            assert not overlap(a, b), around.box
        for part in around.parts:
            if isinstance(part, Wire):
                for x, y in part.points:
                    assert -1 <= x <= around.width + 1 and 0 <= y <= around.height, around.box
            if isinstance(part, Join):
                assert part.width > 0
    labels = list(texts(block))
    assert labels
    for frame, text, room, inner in labels:
        if inner.box is not None:
            assert inside(frame, room), (text, room, frame)
    ordered = sorted(labels, key=lambda item: item[0][1])
    for i, (frame, text, _, _) in enumerate(ordered):
        for other, another, _, _ in ordered[i + 1 :]:
            if other[1] >= frame[3]:
                break
            assert not overlap(frame, other), (text, another)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_nothing_overlaps_and_no_label_is_cut(spec: Path) -> None:
    analysis = compiled(spec)
    check(draw_network(analysis))
    for node in (node for row in analysis.network.rows for node in ir.walk(row)):
        if node.name:
            check(draw_part(analysis, node))
        if isinstance(node, ir.Call):
            check(draw_part(analysis, node, symbolic=True))


@settings(max_examples=60, deadline=None)
@given(specs())
def test_nothing_overlaps_in_any_network(text: str) -> None:
    with TemporaryDirectory() as folder:
        spec = Path(folder) / "network.yaml"
        spec.write_text(text)
        found = compile_spec(str(spec))
        assert not isinstance(found, list), found
    block = draw_network(found.analysis)
    check(block)
    assert boxes_of(block) <= {entry.node.path for entry in outline(found.analysis)}
    assert write_page([found]).startswith(b"<!doctype html>")


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_optimised_networks_are_drawn(spec: Path) -> None:
    analysis = optimize(compiled(spec), DEPLOY).analysis
    block = draw_network(analysis)
    check(block)
    assert boxes_of(block) <= {entry.node.path for entry in outline(analysis)}


PREAMBLE = "archc: 1\nname: Odd\ninput: 8x16x16\nclasses: 10\n"
END = "head:\n  pool: {AvgPool: global}\n  fc: {Linear: classes}\n"
CONV = "{Conv: 3x3, out: 8}"
ODD = {
    "two alike in a chain": f"body:\n  row: [{CONV}, {{Repeat: 2, of: {CONV}}}]\n",
    "two alike in a branch": (
        f"modules:\n  M: {{Concat: {{a: {CONV}, b: {{Repeat: 2, of: {CONV}}}}}}}\nbody:\n  row: M\n"
    ),
    "repeats in repeats": (
        "body:\n  rr: {Repeat: 2, of: {Repeat: 5, of: {Repeat: 3, of: " + CONV + "}}}\n"
    ),
    "a repeat of one": f"body:\n  row: {{Repeat: 1, of: {CONV}}}\n",
    "a module that is a repeat": (
        f"modules:\n  M: {{Sequence: {{each: {{Repeat: 4, of: {CONV}}}}}}}\nbody:\n  row: M\n"
    ),
    "modules in modules": (
        "modules:\n  In: {columns: [a, b], Concat: {p: {Conv: 1x1, out: a}, "
        "q: {Conv: 1x1, out: b}}}\n"
        "  Mid: {columns: [c], Sequence: {first: {In: [c, 4]}, second: {In: [3, 4]}}}\n"
        "body:\n  row: {Mid: [5]}\n"
    ),
}


def odd(folder: Path, name: str) -> Analysis:
    return analysed(folder, PREAMBLE + ODD[name] + END)


@pytest.mark.parametrize("name", ODD)
def test_odd_networks_are_drawn(name: str, tmp_path: Path) -> None:
    analysis = odd(tmp_path, name)
    block = draw_network(analysis)
    check(block)
    lines = {entry.node.path for entry in outline(analysis)}
    assert boxes_of(block) <= lines
    assert (
        run("report", str(tmp_path / "network.yaml"), "-o", str(tmp_path / "a.html")).exit_code == 0
    )
    for call in (node for row in analysis.network.rows for node in ir.walk(row)):
        if isinstance(call, ir.Call):
            check(draw_part(analysis, call, symbolic=True))


def test_repeats_in_repeats_are_all_told(tmp_path: Path) -> None:
    said = [text.text for _, text, _, _ in texts(draw_network(odd(tmp_path, "repeats in repeats")))]
    assert [text for text in said if "times" in text] == ["2 times", "5 times", "3 times"]


def test_a_repeat_of_one_is_no_deck(tmp_path: Path) -> None:
    block = draw_network(odd(tmp_path, "a repeat of one"))
    assert not any(inner.box and inner.box.deck for _, inner in placed(block))


def test_a_module_calls_what_it_uses_by_its_own_columns(tmp_path: Path) -> None:
    analysis = odd(tmp_path, "modules in modules")
    part = find_part(analysis.network, None, "Mid")
    assert part is not None
    said = [text.text for _, text, _, _ in texts(draw_part(analysis, part, symbolic=True))]
    assert said == ["Mid", "In c, 4", "In 3, 4"]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_every_box_has_its_line(spec: Path) -> None:
    analysis = compiled(spec)
    paths = [block.box.path for _, block in placed(draw_network(analysis)) if block.box]
    lines = {entry.node.path for entry in outline(analysis)}
    drawn = [path for path in paths if path]
    assert set(drawn) <= lines
    assert len(drawn) == len(set(drawn))
    rows = {row.name for row in analysis.network.rows}
    heads = {head.name for head in analysis.network.aux}
    assert rows | heads <= set(drawn)


def test_what_lines_say_is_the_analysis() -> None:
    for spec in SPECS:
        analysis = compiled(spec)
        layers = {layer.op.path: layer for layer in analysis.layers}
        entries = list(outline(analysis))
        for entry in entries:
            if isinstance(entry.node, ir.Op):
                layer = layers[entry.node.path]
                assert (entry.input, entry.output) == (layer.input, layer.output)
                assert (entry.cost, entry.receptive_field) == (layer.cost, layer.receptive_field)
            else:
                row = analysis.at(entry.node.path)
                assert row is not None
                assert (entry.output, entry.depth, entry.cost) == (row.output, row.depth, row.cost)
        rows = [entry for entry in entries if entry.level == 0]
        total = sum(entry.cost.params * (entry.alike + 1) for entry in rows)
        assert total == analysis.cost_with_aux.params


def test_what_repeats_is_drawn_once(tmp_path: Path) -> None:
    body = "".join(f"  conv{i}: {{Conv: 3x3, out: 16}}\n" for i in range(6))
    text = (
        "archc: 1\nname: Deep\ninput: 3x32x32\nclasses: 10\nbody:\n"
        f"{body}  many: {{Repeat: 5000, of: {{Conv: 3x3, out: 16}}}}\n"
        "head:\n  pool: {AvgPool: global}\n  fc: {Linear: classes}\n"
    )
    analysis = analysed(tmp_path, text)
    block = draw_network(analysis)
    check(block)
    said = [text.text for _, text, _, _ in texts(block)]
    # The first has another input than the others.
    assert "conv1 … conv5" in said
    assert "5,000 times" in said
    assert len(said) < 30
    lines = {entry.node.path: entry for entry in outline(analysis)}
    assert (lines["conv1"].alike, lines["many.0"].alike) == (4, 4999)


def test_a_large_network_is_folded(tmp_path: Path) -> None:
    columns = "".join(f"      c{i}: {{Conv: 3x3, out: {'ab'[i % 2]}}}\n" for i in range(20))
    rows = "".join(f"  r{i}: {{M: [{16 + i % 7}, {17 + i % 11}]}}\n" for i in range(300))
    text = (
        "archc: 1\nname: Wide\ninput: 3x32x32\nclasses: 10\nmodules:\n  M:\n    columns: [a, b]\n"
        f"    Sequence:\n{columns}body:\n{rows}"
        "head:\n  pool: {AvgPool: global}\n  fc: {Linear: classes}\n"
    )
    analysis = analysed(tmp_path, text)
    assert len(analysis.layers) > 5_000
    folding = fold(analysis)
    assert len(folding.closed) == 299
    block = draw_network(analysis)
    check(block)
    assert sum(1 for _ in placed(block)) < MAXIMUM_OPEN


def test_repeats_that_grow_are_drawn_once(tmp_path: Path) -> None:
    """Each item has another shape; a frame for each gave pages of 13 MB."""
    text = (
        "archc: 1\nname: Growing\ninput: 3x8x8\nclasses: 10\nmodules:\n"
        "  D: {Concat: {a: Identity, b: {Conv: 1x1, out: 1, activation: ReLU}}}\n"
        "body:\n  r: {Repeat: 2000, of: D}\n"
        "head:\n  pool: {AvgPool: global}\n  fc: {Linear: classes}\n"
    )
    analysis = analysed(tmp_path, text)
    block = draw_network(analysis)
    check(block)
    assert sum(1 for _ in placed(block)) < 20


def test_a_comparison_marks_what_differs(tmp_path: Path) -> None:
    variant = analysed(
        tmp_path,
        "extends: googlenet.yaml\nname: Variant\nmodules:\n  Inception:\n    Concat:\n"
        '      branch3: [{Conv: 1x1, out: "#5x5 reduce"}, {Conv: 3x3, out: "#5x5"},'
        ' {Conv: 3x3, out: "#5x5"}]\n'
        "inception:\n  inception5b: {Inception: {pool proj: 64}}\n",
    )
    analyses = [compiled("googlenet.yaml"), variant]
    first, second = mark_all(analyses, differences_to_first(analyses))
    assert first["inception3a.branch3.1"] == second["inception3a.branch3.1"] == "changed"
    assert second["inception3a.branch3.2"] == "added"
    assert first["inception5b.branch4.1"] == second["inception5b.branch4.1"] == "changed"
    assert first["fc"] == second["avgpool"] == "affected"
    assert "conv1" not in first
    block = draw_side_by_side(
        (analysis.network.name, draw_network(analysis, marks))
        for analysis, marks in zip(analyses, (first, second), strict=True)
    )
    check(block)
    boxes = [block.box for _, block in placed(block) if block.box]
    marked = {(box.path, box.mark) for box in boxes if box.mark}
    assert {("inception3a.branch3.2", "added"), ("inception5b", "changed")} <= marked
    assert {box.family for box in boxes} <= {"plain", "frame", "sum"}
    said = [text.text for _, text, _, _ in texts(block)]
    assert "+ 3x3 32" in said and "~ 3x3 32" in said and "~ inception3a" in said


def test_of_several_the_first_marks_what_none_of_the_others_has() -> None:
    names = ("googlenet.yaml", "googlenet_bn_5x5.yaml", "inception_v3.yaml")
    analyses = [compiled(name) for name in names]
    first, second, third = mark_all(analyses, differences_to_first(analyses))
    assert set(first.values()) == {"removed"}
    assert {"norm1", "norm2"} <= first.keys() and "conv1" not in first
    assert second["conv1"] == "changed" and third["Mixed_5b"] == "added"


def test_networks_of_one_name_are_numbered() -> None:
    analyses = [
        compiled(name) for name in ("googlenet.yaml", "googlenet_bn.yaml", "googlenet.yaml")
    ]
    assert display_names(analyses) == ["GoogLeNet (1)", "GoogLeNetBN", "GoogLeNet (2)"]


def test_nothing_is_marked_where_nothing_differs() -> None:
    analysis = compiled("googlenet.yaml")
    assert mark_all([analysis, analysis], differences_to_first([analysis, analysis])) == [{}, {}]


@pytest.mark.parametrize("name", ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"])
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
@settings(deadline=None)
def test_a_text_takes_no_more_room_than_is_kept_for_it(name: str, text: str) -> None:
    font = TTFont(Path(mpl.get_data_path()) / "fonts" / "ttf" / name)
    advances, glyphs = font["hmtx"], font.getBestCmap()
    units = sum(advances[glyphs[ord(character)]][0] for character in text)
    wide = units * 11 / font["head"].unitsPerEm
    kept = width_of(text, bold="Bold" in name)
    assert wide <= kept < wide + 0.011 * 11 * len(text) + 1


def test_labels_are_short_and_say_what_matters() -> None:
    network = load_network(SpecFile("spec", SPECS[1]))
    assert isinstance(network, ir.Network)
    analysis = analyze(network)
    assert isinstance(analysis, Analysis)
    labels = {layer.op.path: label(layer.op) for layer in analysis.layers}
    assert labels["conv1"] == "7x7/2 64"
    assert labels["inception3a.branch2.1"] == "3x3 128"
    assert labels["inception3a.branch4.0"] == "max 3x3"
    assert labels["norm1"] == "LRN 5"
    assert labels["dropout"] == "dropout 0.4"
    assert labels["fc"] == "linear 1000"
    symbolic = {layer.op.path: label(layer.op, symbolic=True) for layer in analysis.layers}
    assert symbolic["inception3a.branch2.0"] == "1x1 #3x3 reduce"
    assert kind_words("ReLU") == "ReLU"
    assert is_implied("Inception", "inception3a") and not is_implied("Block35", "repeat")
    assert shorten("a" * 50, 10) == "aaaaaaaaa…"


def test_parts_are_found() -> None:
    network = compiled("googlenet.yaml").network
    found = find_part(network, "aux1.fc1", None)
    assert found is not None and found.path == "aux1.fc1"
    module = find_part(network, None, "Inception")
    assert module is not None and module.path == "inception3a"
    assert find_part(network, "inception9z", None) is None
    assert find_part(network, None, "Nothing") is None


def test_pictures_are_the_same_in_every_process() -> None:
    code = (
        "import sys\nfrom archc.driver.pipeline import compile_spec\n"
        "from archc.views.drawing.pictures import picture\n"
        "from archc.views.page.document import write_page\n"
        "both = [compile_spec(name) for name in ('googlenet.yaml', 'googlenet_bn.yaml')]\n"
        "sys.stdout.buffer.write(picture([one.analysis for one in both]) + write_page(both))\n"
    )
    seeds = ("1", "2")
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in seeds
    ]
    assert len(outputs[0]) > 100_000
    assert outputs[0] == outputs[1]


def test_a_picture_is_well_formed_and_its_text_is_text() -> None:
    root = ElementTree.fromstring(picture([compiled("googlenet.yaml")]))
    name = "{http://www.w3.org/2000/svg}"
    said = [text.text for text in root.iter(f"{name}text")]
    assert said.count("3x3 128") == 1 and "inception4a" in said and "aux2" in said
    titles = [title.text or "" for title in root.iter(f"{name}title")]
    assert titles[0] == "GoogLeNet"
    assert any(title.startswith("inception3a.branch2.1: conv 3x3/1, 96x28x28") for title in titles)
    kinds = {element.tag.removeprefix(name) for element in root.iter()}
    assert kinds == {"svg", "g", "rect", "path", "text", "title", "style"}


def test_every_family_of_operators_has_a_colour_and_words() -> None:
    families = {kind.family.name for kind in OPERATORS.values()}
    assert len(families) > 4
    assert families == FAMILIES.keys()
    assert all(family.legend for family in FAMILIES.values())
    assert [name for name in families if f".drawing .{name}>rect" not in style("light")] == []
    assert not families & {"frame", "sum", "added", "removed", "changed", "affected", "head"}


def test_a_family_without_colours_gets_some_that_are_its_own() -> None:
    family = Family("upsampling", "upsampling")
    light, dark = colours(family)
    assert colours(family) == (light, dark)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in (*light, *dark))
    assert len({*light, *dark, *colours(Family("shuffle", "shuffle"))[0]}) == 6
    stated = family._replace(light=("#ffffff", "#000000"))
    assert colours(stated) == (("#ffffff", "#000000"), dark)


def test_an_operator_is_of_the_family_of_its_base_or_of_its_file() -> None:
    class Swish(Activation):
        """An activation."""

    class Lone(Operator):
        """An operator without a base class of its family."""

    assert Swish.family is Activation.family
    assert Lone.family == Family("test_drawing", "test drawing")
    del Swish, Lone
    gc.collect()  # operators are found among existing subclasses


def test_themes_colour_the_same_picture() -> None:
    light, dark, either = style("light"), style("dark"), style("auto")
    assert light != dark
    assert (
        either.startswith(light)
        and dark.removeprefix(style("auto")[: light.index(".drawing text{fill")]) in either
    )
    assert "@media screen and (prefers-color-scheme:dark)" in either
    assert "@media" not in light + dark
    block = Block(10, 10, 5, (), Box("a", "pooling"))
    assert render(block).get("viewBox") == "0 0 22 22"


def test_a_picture_is_readable_in_a_column_of_a_paper() -> None:
    column = 84 / 25.4 * 72  # 84 mm, in points
    wide = int(render(draw_network(compiled("googlenet.yaml"))).get("width") or 0)
    assert SIZE * column / wide >= 6
