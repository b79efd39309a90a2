"""Tests the analyses on small networks, against numbers worked out by hand or torch's gradients."""

from pathlib import Path

import pytest
import torch

import archc
from archc.analyses import Analysis, LayerAnalysis
from archc.analyses.cost import total
from archc.analyses.depth import measure_depth
from archc.analyses.receptive_field import ReceptiveField as Field
from archc.diagnostics import Code, Diagnostic, Label, SpecError
from archc.driver.pipeline import Compiled, compile_spec
from archc.network import ir
from archc.network.transforms.merge_siblings import merge_siblings
from archc.ops.operator import Cost, ReceptiveWindow

HEAD = "archc: 1\nname: Net\ninput: {input}\nclasses: 10\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def spec(folder: Path) -> Path:
    return folder / "net.yaml"


def analysis_of(spec: Path, body: str, size: str = "2x16x16") -> Analysis:
    """Return the analysis of a spec; ``body`` is the text after its header."""
    spec.write_text(HEAD.format(input=size) + body)
    compiled = compile_spec(spec.name)
    assert isinstance(compiled, Compiled), compiled
    return compiled.analysis


def faults_of(spec: Path, body: str, size: str = "2x16x16") -> list[Diagnostic]:
    spec.write_text(HEAD.format(input=size) + body)
    found = compile_spec(spec.name)
    assert isinstance(found, list)
    return found


def block(structure: str, **inner: str) -> str:
    """Return a body with one row, a module of this structure; ``inner`` are modules within it."""
    modules = "".join(f"  {name}: {text}\n" for name, text in {**inner, "Block": structure}.items())
    return f"modules:\n{modules}body:\n  row: Block\n"


# -- costs -------------------------------------------------------------------------------------

COSTS = [Cost(1, 2, 3, 4, 5, 6, 7), Cost(10, 20, 30, 40, 50, 60, 70), Cost(macs=100)]


def test_totals_are_field_by_field() -> None:
    assert total([]) == Cost(0, 0, 0, 0, 0, 0, 0)
    assert total(COSTS[:1]) == COSTS[0]
    assert total(iter(COSTS[:2])) == Cost(11, 22, 33, 44, 55, 66, 77)
    assert total(iter(COSTS)) == Cost(11, 22, 33, 144, 55, 66, 77)
    assert type(total(COSTS)) is Cost


# -- a chain, by hand --------------------------------------------------------------------------

CHAIN = """\
body:
  conv1: {Conv: 3x3/2, out: 4}
  pool: {MaxPool: 2x2/2}
  conv2: {Conv: 3x1, out: 8, norm: BatchNorm, activation: ReLU}
  average: {AvgPool: global}
  fc: {Linear: classes}
"""


def test_a_chain_by_hand(spec: Path) -> None:
    analysis = analysis_of(spec, CHAIN)
    # conv1: 16x16 padded by 1, (16+2-3)/2+1 = 8.  3*3*2*4 = 72 weights at 64 places: 4608 MACs.
    # conv2: 3*1*4*8 = 96 weights at 4*4 places: 1536 MACs; a scale and a shift for 8 channels.
    # fc: 8*10 weights.
    expected = [
        ("conv1", (2, 16, 16), (4, 8, 8), Cost(72, 4, 0, 4608), Field((3, 3), (2, 2))),
        # 4*4*4 windows of 4; sees (3 + (2-1)*2) = 5, apart by 2*2.
        ("pool", (4, 8, 8), (4, 4, 4), Cost(pool_ops=256), Field((5, 5), (4, 4))),
        # Down 5 + (3-1)*4 = 13; to the right 5.
        (
            "conv2",
            (4, 4, 4),
            (8, 4, 4),
            Cost(96, 0, 16, 1536, 0, 128, 128),
            Field((13, 5), (4, 4)),
        ),
        # Down 13 + (4-1)*4 = 25; to the right 5 + (4-1)*4 = 17.
        ("average", (8, 4, 4), (8, 1, 1), Cost(pool_ops=128), Field((25, 17), (4, 4))),
        ("fc", (8, 1, 1), (10,), Cost(80, 10, 0, 80), Field((25, 17), (4, 4))),
    ]
    found = [(x.op.name, x.input, x.output, x.cost, x.receptive_field) for x in analysis.layers]
    assert found == expected
    assert all(type(layer) is LayerAnalysis for layer in analysis.layers)
    rows = [(r.node.name, r.output, r.cost, r.receptive_field, r.layers) for r in analysis.rows]
    assert rows == [
        (n, o, c, f, (x,)) for (n, _, o, c, f), x in zip(expected, analysis.layers, strict=True)
    ]
    assert [row.depth for row in analysis.rows] == [1, 0, 1, 0, 1]
    assert analysis.depth == 3
    assert [row.memory for row in analysis.rows] == [256, 64, 128, 8, 10]
    assert analysis.memory == 256 + 64 + 128 + 8 + 10
    assert analysis.cost == Cost(72 + 96 + 80, 14, 16, 4608 + 1536 + 80, 256 + 128, 128, 128)
    assert analysis.cost_with_aux == analysis.cost
    assert analysis.receptive_field == Field((25, 17), (4, 4))
    # conv1 holds its input and output, 512 + 256; no later layer holds as much.
    assert analysis.peak == 768
    assert analysis.aux == ()
    for layer in analysis.layers:
        assert analysis.output(layer.op) == layer.output
        assert analysis.shapes.input(layer.op) == layer.input


def test_paths_lead_to_their_layers(spec: Path) -> None:
    analysis = analysis_of(spec, FORKED)
    assert analysis.at("nothing") is None
    assert analysis.at("fork.nothing") is None
    assert analysis.at("") is None
    assert analysis.at("fork") is analysis.rows[1]
    right = analysis.at("fork.right")
    assert right is not None
    # 1x1x4x6 = 24 weights at 64 places, then 3x3x6x2 = 108; 6*64 and 2*64 elements.
    assert right.cost == Cost(24 + 108, 8, 0, (24 + 108) * 64)
    assert (right.depth, right.output, right.memory) == (2, (2, 8, 8), 8 * 64)
    assert [layer.op.path for layer in right.layers] == ["fork.right.0", "fork.right.1"]
    # conv sees 3, apart by 2; the 3x3 after the 1x1 sees 3 + 2*2 = 7.
    assert right.receptive_field == Field((7, 7), (2, 2))
    inner = analysis.at("fork.right.0")
    assert inner is not None
    assert (inner.node, inner.layers) == (right.layers[0].op, right.layers[:1])
    assert (inner.receptive_field, inner.depth) == (Field((3, 3), (2, 2)), 1)
    assert inner.cost == Cost(24, 6, 0, 24 * 64)
    aux = analysis.at("aux1.fc")
    assert aux is not None
    assert aux.cost == Cost(40, 10, 0, 40)


FORKED = """\
modules:
  Fork:
    Concat:
      left: {Conv: 1x1, out: 3}
      right: [{Conv: 1x1, out: 6}, {Conv: 3x3, out: 2}]
  Head:
    Sequence: {pool: {AvgPool: global}, fc: {Linear: classes}}
body:
  conv: {Conv: 3x3/2, out: 4}
  fork: Fork
  average: {AvgPool: global}
  fc: {Linear: classes}
aux:
  aux1: {Aux: Head, from: conv, loss_weight: 0.3}
"""


def test_auxiliary_heads_are_counted_apart(spec: Path) -> None:
    analysis = analysis_of(spec, FORKED)
    # Without: 3*3*2*4 = 72, fork 4*3 + 24 + 108 = 144, fc 5*10 = 50.  The head: 4*10 = 40.
    assert analysis.cost.weights == 72 + 144 + 50
    assert analysis.cost_with_aux.weights == 72 + 144 + 50 + 40
    assert analysis.cost_with_aux.biases == analysis.cost.biases + 10
    (head,) = analysis.aux
    assert (head.node.name, head.cost, head.depth) == ("aux1", Cost(40, 10, 0, 40, 256), 1)
    assert [layer.op.path for layer in head.layers] == ["aux1.pool", "aux1.fc"]
    # The head's pool sees all 8 of conv's elements: 3 + (8-1)*2 = 17.
    assert head.receptive_field == Field((17, 17), (2, 2))
    # The network's: fork sees 7, the pool 7 + (8-1)*2 = 21.
    assert analysis.receptive_field == Field((21, 21), (2, 2))
    assert analysis.depth == 1 + 2 + 0 + 1
    # 4*64 + (3 + 6 + 2)*64 + 5 + 10, without the head's 4 + 10.
    assert analysis.memory == 256 + 704 + 15
    assert head.memory == 14
    assert [row.node.name for row in analysis.rows] == ["conv", "fork", "average", "fc"]
    assert [layer.op.path for layer in analysis.layers[-2:]] == ["aux1.pool", "aux1.fc"]
    assert analysis.shapes.output(analysis.rows[1].node) == (5, 8, 8)
    assert analysis.shapes.input(analysis.rows[1].node) == (4, 8, 8)


# -- depth, memory, fields of structures ---------------------------------------------------------


def test_depth_is_the_longest_way(spec: Path) -> None:
    deep = "[{Conv: 1x1, out: 2}, {MaxPool: 1x1/1}, {Conv: 1x1, out: 2}]"
    named = "{a: {Conv: 1x1, out: 2}, b: {MaxPool: 1x1/1}, c: {Conv: 1x1, out: 2}}"
    bodies = {
        block(f"{{Concat: [{{Conv: 1x1, out: 2}}, {deep}, {{MaxPool: 1x1/1}}]}}"): 2,
        block(f"{{Residual: {named}}}"): 2,
        block(f"{{Residual: {{a: {{Conv: 1x1, out: 2}}}}, shortcut: {deep}}}"): 2,
        block("{Residual: {a: {MaxPool: 1x1/1}}}"): 0,
        "body:\n  row: {Repeat: 3, of: {Conv: 1x1, out: 2}}\n": 3,
        "body:\n  row: {SeparableConv: 3x3, out: 2}\n": 1,
        "body:\n  row: {AvgPool: 2x2/2}\n": 0,
    }
    for body, depth in bodies.items():
        analysis = analysis_of(spec, body)
        assert (analysis.depth, measure_depth(analysis.network.rows[0])) == (depth, depth), body


def test_the_peak_of_a_chain_is_its_widest_pair(spec: Path) -> None:
    # Elements: 2*256 = 512 in, then 4*256 = 1024, 8*256 = 2048, 1*256.
    # conv1 holds 1536, conv2 3072, conv3 2304.
    body = "  a: {Conv: 3x3, out: 4}\n  b: {Conv: 3x3, out: 8}\n  c: {Conv: 3x3, out: 1}\n"
    assert analysis_of(spec, "body:\n" + body).peak == 3072
    # The widest first: 512 + 2048 against 2048 + 256; then last: 512 + 256 against 256 + 2048.
    assert (
        analysis_of(spec, "body:\n  a: {Conv: 3x3, out: 8}\n  b: {Conv: 3x3, out: 1}\n").peak
        == 2560
    )
    assert (
        analysis_of(spec, "body:\n  a: {Conv: 3x3, out: 1}\n  b: {Conv: 3x3, out: 8}\n").peak
        == 2304
    )


@pytest.mark.parametrize(
    ("structure", "units"),
    [
        # In units of 256 elements, 2 of them the input.
        # Branches of 3 and 1: 2 + 3 in the first, 2 + 3 + 1 in the second, and 3 + 1 + 4
        # while they are joined: the input is no longer needed.
        ("{Concat: [{Conv: 1x1, out: 3}, {Conv: 1x1, out: 1}]}", 8),
        # The second branch is 9 wide inside: 2 + 1 beside, then 9, of which 1 comes out:
        # first layer 1 + 2 + 9 = 12; its second 1 + 9 + 1 = 11, the input read no more.
        ("{Concat: [{Conv: 1x1, out: 1}, [{Conv: 1x1, out: 9}, {Conv: 1x1, out: 1}]]}", 12),
        # The same as first branch: the input is read again, 2 + 9 + 1 = 12.
        ("{Concat: [[{Conv: 1x1, out: 9}, {Conv: 1x1, out: 1}], {Conv: 1x1, out: 1}]}", 12),
        # As the middle one of three: 1 + 2 + 9, then 1 + 2 + 9 + 1 = 13.
        (
            "{Concat: [{Conv: 1x1, out: 1}, [{Conv: 1x1, out: 9}, {Conv: 1x1, out: 1}],"
            " {Conv: 1x1, out: 1}]}",
            13,
        ),
        # Three layers in the first branch, 1, 9 and 1 wide: the input stays beside 1 + 9.
        (
            "{Concat: [[{Conv: 1x1, out: 1}, {Conv: 1x1, out: 9}, {Conv: 1x1, out: 1}],"
            " {Conv: 1x1, out: 1}]}",
            12,
        ),
        # A residual keeps its input until the sum: inside 2 + 5, then 2 + 5 + 2 = 9; the sum holds
        # the input, the body's 2 and its own 2.
        ("{Residual: {a: {Conv: 1x1, out: 5}, b: {Conv: 1x1, out: 2}}}", 9),
        ("{Residual: {a: {Conv: 1x1, out: 2}}}", 6),
        # With a shortcut of a layer it is read twice and not kept: the body 2 + 3, beside it the
        # shortcut 3 + 2 + 3 = 8, then 3 + 3 + 3 = 9 for the sum.
        ("{Residual: {a: {Conv: 1x1, out: 3}}, shortcut: {Conv: 1x1, out: 3}}", 9),
    ],
)
def test_the_peak_of_a_structure(spec: Path, structure: str, units: int) -> None:
    assert analysis_of(spec, block(structure)).peak == units * 256


@pytest.mark.parametrize(
    ("outer", "inner", "units"),
    [
        # First of two branches, so the input of 2 is kept beyond the inner Concat: 2 beside
        # 3 + 1, joined to 4: 2 + 4 + 4 = 10. The last branch 4 + 2 + 1; all joined, 5 + 5 = 10.
        ("{Concat: [Inner, {Conv: 1x1, out: 1}]}", (3, 1), 10),
        # Wider: 2 + 7 + 7 = 16, and in the end 8 + 8 = 16.
        ("{Concat: [Inner, {Conv: 1x1, out: 1}]}", (4, 3), 16),
        # As the last branch: 1 beside 7 + 7 = 15, and the end 8 + 8 = 16.
        ("{Concat: [{Conv: 1x1, out: 1}, Inner]}", (4, 3), 16),
        # Its input of 2 stays for the sum, beside 3 + 3 joined to 6, which a layer makes 2 again:
        # 2 + 6 + 6 = 14.
        ("{Residual: {a: Inner, b: {Conv: 1x1, out: 2}}}", (3, 3), 14),
        # Behind a layer of 1: that 1 is read no more, the 2 stay: 2 + 6 + 6 = 14 again, and before
        # it, while the second branch runs, 2 + 1 + 3 + 3.
        ("{Residual: {c: {Conv: 1x1, out: 1}, a: Inner, b: {Conv: 1x1, out: 2}}}", (3, 3), 14),
    ],
)
def test_the_peak_of_nested_structures(
    spec: Path, outer: str, inner: tuple[int, int], units: int
) -> None:
    first, second = inner
    concat = f"{{Concat: [{{Conv: 1x1, out: {first}}}, {{Conv: 1x1, out: {second}}}]}}"
    assert analysis_of(spec, block(outer, Inner=concat)).peak == units * 256


def test_what_is_added_at_the_end_stays_beside_the_last_branch(spec: Path) -> None:
    # 1 beside 2 and 9, then 1 beside 2, 9 and 1.
    inner = "{Concat: [{Conv: 1x1, out: 1}, [{Conv: 1x1, out: 9}, {Conv: 1x1, out: 1}]]}"
    assert analysis_of(spec, block("{Residual: {a: Inner}}", Inner=inner)).peak == 13 * 256


def seen_by_gradients(analysis: Analysis) -> tuple[int, int]:
    """Return the height and width of the input that the middle element of the output depends on."""
    torch.manual_seed(0)
    x = torch.rand(1, *analysis.network.input, dtype=torch.float64, requires_grad=True)
    out = run(analysis.network.rows[0], x)
    (gradient,) = torch.autograd.grad(out[0, :, out.shape[2] // 2, out.shape[3] // 2].sum(), x)
    touched = (gradient[0].sum(0) > 0).nonzero()
    high, wide = (touched.max(0).values - touched.min(0).values + 1).tolist()
    return high, wide


def run(node: ir.Node, x: torch.Tensor) -> torch.Tensor:
    """Return the node with its windows as sums, since only their extent matters here."""
    if isinstance(node, ir.Op):
        window: ReceptiveWindow = node.operator.receptive_window(tuple(x.shape[1:]))
        pads = getattr(node.operator, "pads", (0, 0))
        weight = torch.ones(1, 1, *window.kernel, dtype=x.dtype)
        return torch.nn.functional.conv2d(x.sum(1, keepdim=True), weight, None, window.stride, pads)
    if isinstance(node, ir.Concat):
        return torch.cat([run(branch, x) for branch in node.branches], 1)
    if isinstance(node, ir.Residual):
        straight = x if node.shortcut is None else run(node.shortcut, x)
        return run(node.body, x) + straight.sum(1, keepdim=True)
    for child in node.children:
        x = run(child, x)
    return x


@pytest.mark.parametrize(
    ("body", "field"),
    [
        # 3, then 3 + 2*2 = 7 apart by 2; down 7 + 0, right 7 + 4*2 = 15.
        (
            block(
                "{Sequence: {a: {Conv: 3x3/2, out: 2}, b: {Conv: 3x3, out: 2},"
                " c: {Conv: 1x5, out: 2}}}"
            ),
            Field((7, 15), (2, 2)),
        ),
        # The widest branch in each direction.
        (
            block("{Concat: [{Conv: 1x7, out: 2}, {Conv: 5x3, out: 2}, {Conv: 1x1, out: 2}]}"),
            Field((5, 7), (1, 1)),
        ),
        # The shortcut sees 1, so the body decides.
        (block("{Residual: {a: {Conv: 3x5, out: 2}}}"), Field((3, 5), (1, 1))),
        (
            block("{Residual: {a: {Conv: 3x1/2, out: 2}}, shortcut: {Conv: 1x5/2, out: 2}}"),
            Field((3, 5), (2, 2)),
        ),
        # 2, apart by 2 and 1; then 2 + 2*2 = 6 and 2 + 2*1 = 4.
        (
            block("{Sequence: {a: {MaxPool: 2x2/2x1}, b: {AvgPool: 3x3/1}}}"),
            Field((6, 4), (2, 1)),
        ),
        ("body:\n  row: {Repeat: 3, of: {Conv: 3x3, out: 2}}\n", Field((7, 7), (1, 1))),
        ("body:\n  row: {SeparableConv: 5x5/3, out: 2}\n", Field((5, 5), (3, 3))),
    ],
)
def test_receptive_fields_are_what_gradients_reach(spec: Path, body: str, field: Field) -> None:
    analysis = analysis_of(spec, body, "2x40x40")
    assert analysis.receptive_field == field
    assert analysis.receptive_fields.of_row("row") == field
    assert seen_by_gradients(analysis) == field.size


def test_a_residual_whose_body_sees_less_than_the_straight_way(spec: Path) -> None:
    # The widest part decides; the body's 1x1 at stride 1 is as wide as the shortcut.
    body = block("{Residual: {a: {Conv: 1x1, out: 2}}}")
    analysis = analysis_of(spec, body.replace("body:", "body:\n  first: {Conv: 3x3, out: 2}"))
    assert analysis.receptive_field == Field((3, 3), (1, 1))
    assert [layer.receptive_field for layer in analysis.layers] == [Field((3, 3), (1, 1))] * 2


# -- shapes that do not fit ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("branches", "message", "notes", "hint"),
    [
        # Three of four agree: 16.  (16-3)/2+1 = 7.5.
        (
            "a: {Conv: 1x1, out: 2}, b: {Conv: 3x3, out: 2}, c: {Conv: 5x5, out: 2},"
            " d: {MaxPool: 3x3/2}",
            "d is 7x7, the others are 16x16",
            ["MaxPool gives (16-3)/2+1 = 7, rounded down"],
            None,
        ),
        # One against one: the branch that keeps the input's size is not the odd one.
        (
            "a: {Conv: 3x3 valid, out: 2}, b: {Conv: 1x1, out: 2}",
            "a is 14x14, b is 16x16",
            ["Conv gives (16-3)/1+1 = 14, rounded down"],
            "3x3 same gives 16x16",
        ),
        # Only the width changes, so the message shows the arithmetic of the width.
        (
            "a: {Conv: 1x3 valid, out: 2}, b: {Conv: 1x1, out: 2}",
            "a is 16x14, b is 16x16",
            ["Conv gives (16-3)/1+1 = 14, rounded down"],
            "1x3 same gives 16x16",
        ),
        # Without ceil (16-2)/3+1 = 5; with it the other branches' 6.
        (
            "a: {MaxPool: 2x2/3}, b: {MaxPool: 3x3/3, ceil: true}, c: {AvgPool: 3x3/3, ceil: true}",
            "a is 5x5, the others are 6x6",
            ["MaxPool gives (16-2)/3+1 = 5, rounded down"],
            "ceil: true gives 6x6",
        ),
        (
            "a: {AvgPool: 2x2/3, ceil: true}, b: {MaxPool: 3x3/3}, c: {AvgPool: 3x3/3}",
            "a is 6x6, the others are 5x5",
            ["AvgPool gives (16-2)/3+1 = 6, rounded up"],
            "ceil: false gives 5x5",
        ),
        # Padding that does what no other branch does, on both sides or on one.
        (
            "a: {Conv: 3x3/2, out: 2}, b: {MaxPool: 3x3/2}, c: {MaxPool: 3x3/2}",
            "a is 8x8, the others are 7x7",
            ["Conv gives (16+2*1-3)/2+1 = 8, rounded down"],
            "3x3/2 valid gives 7x7",
        ),
        (
            "a: {Conv: 1x3/1x2, out: 2}, b: {MaxPool: 1x3/1x2}, c: {MaxPool: 1x3/1x2}",
            "a is 16x8, the others are 16x7",
            ["Conv gives (16+2*1-3)/2+1 = 8, rounded down"],
            "1x3/1x2 valid gives 16x7",
        ),
        # Both sides change: the message shows the arithmetic of the height.
        (
            "a: {Conv: 3x5 valid, out: 2}, b: {Conv: 1x1, out: 2}",
            "a is 14x12, b is 16x16",
            ["Conv gives (16-3)/1+1 = 14, rounded down"],
            "3x5 same gives 16x16",
        ),
        # The arithmetic shows padding that the spec states.
        (
            "a: {Conv: 5x5, out: 2, padding: 1}, b: {Conv: 1x1, out: 2}, c: {Conv: 3x3, out: 2}",
            "a is 14x14, the others are 16x16",
            ["Conv gives (16+2*1-5)/1+1 = 14, rounded down"],
            None,
        ),
        # A same convolution among valid ones.
        (
            "a: {Conv: 3x3, out: 2}, b: {Conv: 3x3 valid, out: 2}, c: {MaxPool: 3x3/1}",
            "a is 16x16, the others are 14x14",
            ["no layer of this branch changes the size"],
            None,
        ),
        (
            "a: {AdaptiveAvgPool: 4}, b: {MaxPool: 4x4/4}, c: {MaxPool: 5x5/5, ceil: true},"
            " d: {AdaptiveAvgPool: 3}",
            "d is 3x3, the others are 4x4",
            [],
            None,
        ),
        # Two odd ones, each with its arithmetic and the value that would fit.
        (
            "a: {Conv: 3x3 valid, out: 2}, b: {Conv: 1x1, out: 2}, c: {MaxPool: 3x3/1},"
            " d: {Conv: 1x1, out: 2}, e: {Conv: 1x1, out: 2}",
            "a is 14x14, c is 14x14, the others are 16x16",
            [
                "Conv gives (16-3)/1+1 = 14, rounded down",
                "MaxPool gives (16-3)/1+1 = 14, rounded down",
            ],
            "3x3 same gives 16x16; 3x3/1 same gives 16x16",
        ),
    ],
)
def test_branches_of_different_sizes(
    spec: Path, branches: str, message: str, notes: list[str], hint: str | None
) -> None:
    (diagnostic,) = faults_of(spec, block(f"{{Concat: {{{branches}}}}}"))
    assert diagnostic.code is Code.CONCAT
    assert diagnostic.message == f"Concat: {message} (row)"
    assert list(diagnostic.notes) == notes
    assert diagnostic.hint == hint
    assert all(isinstance(label, Label) for label in diagnostic.labels)


def test_the_sum_is_that_of_the_side_that_changes(spec: Path) -> None:
    row = "{Concat: {a: {Conv: 1x3 valid, out: 2}, b: {Conv: 1x1, out: 2}}}"
    (diagnostic,) = faults_of(spec, block(row), "2x16x14")
    assert diagnostic.message == "Concat: a is 16x12, b is 16x14 (row)"
    assert diagnostic.notes == ("Conv gives (14-3)/1+1 = 12, rounded down",)


def test_a_branch_without_a_name_is_numbered_too(spec: Path) -> None:
    fork = "{a: {Conv: 1x1, out: 2}, b: {Conv: 3x3 valid, out: 2}}"
    row = f"{{Concat: [{fork}, {{Conv: 1x1, out: 2}}, {{Conv: 1x1, out: 2}}]}}"
    (diagnostic,) = faults_of(spec, block(row))
    assert diagnostic.message == "Concat: branch 1 is 14x14, the others are 16x16 (row)"


def test_a_fault_in_nested_modules_names_the_row(spec: Path) -> None:
    inner = "{Sequence: {pool: {MaxPool: 17x17/1}}}"
    (diagnostic,) = faults_of(spec, block("{Sequence: {a: Inner}}", Inner=inner))
    assert diagnostic.message == "the 17x17 kernel is larger than its input, 16x16 (row.a.pool)"
    assert [label.message for label in diagnostic.labels] == ["in this row, row"]


@pytest.mark.parametrize(
    ("structure", "path"),
    [
        ("{Residual: {a: {MaxPool: 17x17/1}}}", "row.a"),
        ("{Residual: {a: {MaxPool: 17x17/1}}, shortcut: {Conv: 1x1, out: 2}}", "row.a"),
        ("{Residual: {a: {Conv: 1x1, out: 2}}, shortcut: {MaxPool: 17x17/1}}", "row.shortcut"),
    ],
)
def test_a_fault_within_a_residual_is_told_alone(spec: Path, structure: str, path: str) -> None:
    (diagnostic,) = faults_of(spec, block(structure))
    assert diagnostic.message == f"the 17x17 kernel is larger than its input, 16x16 ({path})"


def test_branches_without_names_are_numbered(spec: Path) -> None:
    row = "{Concat: [{Conv: 1x1, out: 2}, {Conv: 3x3 valid, out: 2}, {Conv: 1x1, out: 2}]}"
    (diagnostic,) = faults_of(spec, block(row))
    assert diagnostic.message == "Concat: branch 2 is 14x14, the others are 16x16 (row)"


def test_features_beside_sizes(spec: Path) -> None:
    row = "{Concat: {a: {Conv: 1x1, out: 2}, b: Flatten, c: {Conv: 1x1, out: 2}}}"
    (diagnostic,) = faults_of(spec, block(row))
    assert diagnostic.message == "Concat: b is flat, the others are 16x16 (row)"
    assert [label.message for label in diagnostic.labels] == [
        "from 16x16 to flat here",
        "in this row, row",
    ]
    assert diagnostic.notes == ()


def test_only_the_last_change_of_size_is_told(spec: Path) -> None:
    branch = "[{MaxPool: 2x2/2}, {MaxPool: 2x2/2}, {Conv: 1x1, out: 2}]"
    row = f"{{Concat: {{a: {branch}, b: {{Conv: 1x1, out: 2}}}}}}"
    (diagnostic,) = faults_of(spec, block(row))
    assert [label.message for label in diagnostic.labels] == [
        "from 8x8 to 4x4 here",
        "in this row, row",
    ]
    assert diagnostic.notes == ("MaxPool gives (8-2)/2+1 = 4, rounded down",)
    line = spec.read_text().splitlines()[5]
    second = line.index("MaxPool", line.index("MaxPool") + 1) + 1
    assert (diagnostic.labels[0].span.line, diagnostic.labels[0].span.column) == (6, second)


@pytest.mark.parametrize(
    ("row", "message", "notes", "hint"),
    [
        (
            "{Residual: {a: {Conv: 3x3, out: 4}}}",
            "its layers give 4x16x16, its input is 2x16x16",
            (),
            "project the input to the same shape with shortcut: {Conv: 1x1, out: ...}",
        ),
        (
            "{Residual: {a: {Conv: 3x3 valid, out: 2}}}",
            "its layers give 2x14x14, its input is 2x16x16",
            ("Conv gives (16-3)/1+1 = 14, rounded down",),
            "project the input to the same shape with shortcut: {Conv: 1x1, out: ...}",
        ),
        (
            "{Residual: {a: {Conv: 3x3 valid, out: 2}}, shortcut: {Conv: 1x1, out: 2}}",
            "its layers give 2x14x14, its shortcut is 2x16x16",
            ("Conv gives (16-3)/1+1 = 14, rounded down",),
            "3x3 same gives 16x16",
        ),
        (
            "{Residual: {a: {Conv: 3x3, out: 4}}, shortcut: {Conv: 1x1, out: 3}}",
            "its layers give 4x16x16, its shortcut is 3x16x16",
            (),
            None,
        ),
    ],
)
def test_residuals_that_do_not_fit(
    spec: Path, row: str, message: str, notes: tuple[str, ...], hint: str | None
) -> None:
    (diagnostic,) = faults_of(spec, block(row))
    assert diagnostic.code is Code.CONCAT
    assert diagnostic.message == f"Residual: {message} (row)"
    assert (diagnostic.notes, diagnostic.hint) == (notes, hint)
    assert len(diagnostic.labels) == len(notes) + 1


def test_what_follows_from_a_fault_is_no_fault(spec: Path) -> None:
    body = """\
modules:
  Head:
    Sequence: {wrong: {MaxPool: 12x12/1}, fc: {Linear: classes}}
body:
  first: {Conv: 7x7 valid, out: 2}
  wrong: {MaxPool: 11x11/1}
  behind: {MaxPool: 99x99/1}
aux:
  aux1: {Aux: Head, from: first, loss_weight: 0.3}
  aux2: {Aux: Head, from: wrong, loss_weight: 0.3}
"""
    diagnostics = faults_of(spec, body)
    assert [(f.message, f.span and f.span.line) for f in diagnostics] == [
        ("the 12x12 kernel is larger than its input, 10x10 (aux1.wrong)", 7),
        ("the 11x11 kernel is larger than its input, 10x10 (wrong)", 10),
    ]


def test_a_head_on_an_unknown_row_is_not_compared(spec: Path) -> None:
    body = """\
modules:
  Head: {Sequence: {pool: {AvgPool: global}, fc: {Linear: classes}}}
body:
  first: {Conv: 1x1, out: 2}
  wrong: {MaxPool: 17x17/1}
aux:
  aux1: {Aux: Head, from: first, loss_weight: 0.3}
"""
    (diagnostic,) = faults_of(spec, body)
    assert diagnostic.message == "the 17x17 kernel is larger than its input, 16x16 (wrong)"


def test_a_fault_in_a_branch_is_told_once(spec: Path) -> None:
    row = "{Concat: [{MaxPool: 17x17/1}, {Conv: 1x1, out: 2}, {MaxPool: 18x18/1}]}"
    diagnostics = faults_of(spec, block(row) + "  fc: {Linear: classes}\n")
    assert [f.message for f in diagnostics] == [
        "the 17x17 kernel is larger than its input, 16x16 (row.0)",
        "the 18x18 kernel is larger than its input, 16x16 (row.2)",
    ]
    assert diagnostics[0].notes == ("the input is 2x16x16",)
    assert diagnostics[0].hint == "use a smaller kernel, or reduce the size less before it"


def test_fits_of_the_python_api(spec: Path) -> None:
    spec.write_text(HEAD.format(input="2x4x4") + "body:\n  pool: {MaxPool: 5x5/1}\n")
    with pytest.raises(SpecError) as raised:
        archc.analyze(archc.load(spec.name))
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == [Code.SHAPE]


@pytest.mark.parametrize(
    ("last", "aux", "message", "lines", "hint"),
    [
        (
            "{Linear: classes}",
            "{Linear: 9}",
            "aux1 gives 9, the network 10",
            (6, 10),
            "end aux1 with Linear: classes",
        ),
        (
            "{Conv: 1x1, out: 10}",
            "{Conv: 1x1, out: 10}",
            "aux1 gives 10x1x1, the network 10x1x1",
            (13, 11),
            "end aux1 with Linear: classes",
        ),
        (
            "{Linear: 9}",
            "{Linear: classes}",
            "the network gives 9, aux1 10",
            (10, 13),
            "set classes: 9, and end every head with Linear: classes",
        ),
        (
            "{Conv: 1x1, out: 10}",
            "{Linear: classes}",
            "the network gives 10x1x1, aux1 10",
            (11, 13),
            "end the network with Linear: classes",
        ),
    ],
)
def test_a_head_that_gives_another_number_of_features_is_shown_where_it_is_decided(
    spec: Path, last: str, aux: str, message: str, lines: tuple[int, int], hint: str
) -> None:
    body = f"""\
modules:
  Head: {{Sequence: {{last: {aux}}}}}
body:
  pool: {{AvgPool: global}}
  conv: {{Conv: 1x1, out: 4}}
  last: {last}
  prob: Softmax
aux:
  aux1: {{Aux: Head, from: pool, loss_weight: 0.3}}
"""
    (diagnostic,) = faults_of(spec, body)
    assert diagnostic.code is Code.SHAPE
    assert diagnostic.message == f"{message}: the loss needs the same number of features from both"
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.labels[0].span.line) == lines
    assert diagnostic.hint == hint


SIBLINGS = """\
modules:
  Named:
    Concat:
      left: {Conv: 1x1, out: 4, activation: ReLU}
      pool: [{MaxPool: 5x5/1 same}, {Conv: 3x3, out: 3, activation: ReLU}]
      right: [{Conv: 1x1, out: 6, activation: ReLU}, {Conv: 3x3, out: 5, activation: ReLU}]
body:
  stem: {Conv: 3x3/2, out: 8, activation: ReLU}
  mixed: Named
  last: {Conv: 1x1, out: 2, activation: ReLU}
"""


def test_a_fork_is_counted_as_the_convolutions_that_it_merges(folder: Path) -> None:
    spec = folder / "net.yaml"
    spec.write_text(f"archc: 1\nname: Net\ninput: 3x16x12\nclasses: 4\n{SIBLINGS}")
    written = archc.analyze(archc.load(spec))
    merged = archc.analyze(merge_siblings(written.network))
    (fork,) = [
        node for row in merged.network.rows for node in ir.walk(row) if type(node) is ir.Fork
    ]
    assert merged.output(fork) == (4 + 3 + 5, 8, 6)
    assert merged.cost == written.cost
    assert (
        (merged.depth, merged.receptive_field)
        == (written.depth, written.receptive_field)
        == (4, written.receptive_field)
    )
    assert [row.output for row in merged.rows] == [row.output for row in written.rows]
    assert [row.depth for row in merged.rows] == [1, 2, 1]
    # conv 3x3/2: 3x3 every 2; behind it the pool and its convolution see 4 + 2 steps of 2 more.
    assert merged.rows[1].receptive_field == Field((3 + (4 + 2) * 2,) * 2, (2, 2))
    elements = 8 * 6
    # The shared convolution gives 10 channels; 4 of them pass on, 6 go into a 3x3 of 5.
    assert merged.peak >= elements * (8 + 10)
    readers = {(pair.first.path, pair.second.path) for pair in merged.edges}
    assert ("stem", fork.shared.path) in readers
    assert ("stem", "mixed.pool.0") in readers
    assert not any(second == "last" for _, second in readers)
    assert not any(first == fork.shared.path for first, _ in readers)


def test_pairs_follow_heads_structures_and_series(folder: Path) -> None:
    spec = folder / "net.yaml"
    spec.write_text(
        "archc: 1\nname: Net\ninput: 3x8x8\nclasses: 4\n"
        "modules:\n  Block: {Residual: {a: {Conv: 1x1, out: 3}, b: {Conv: 1x1, out: 3}}}\n"
        "body:\n  one: [{Conv: 1x1, out: 3}, ReLU]\n  two: Block\n  three: ReLU\n"
        "aux:\n  aux1: {Aux: [Flatten, {Linear: classes}], from: one, loss_weight: 1}\n"
        "head:\n  flatten: Flatten\n  fc: {Linear: classes}\n"
    )
    pairs = archc.analyze(archc.load(spec)).edges
    assert {(pair.first.path, pair.second.path) for pair in pairs} == {
        ("one.0", "one.1"),
        ("one.1", "two.a"),
        ("two.a", "two.b"),
        ("three", "flatten"),
        ("flatten", "fc"),
        ("one.1", "aux1.0"),
        ("aux1.0", "aux1.1"),
    }


LEFT = "left: [{Conv: 1x1, out: 4}, {Conv: 3x3, out: 2}]"
RIGHT = "right: [{Conv: 1x1, out: 6}, {Conv: 3x3, out: 5}]"
POOL = "pool: [{MaxPool: 3x3/1 same}, {Conv: 3x3, out: 3}]"


@pytest.mark.parametrize(
    ("structure", "depth", "channels"),
    [
        # The shared convolution gives 10. The pool runs beside them: 10 + 8 + 8; at the end all 10
        # are there for the 4 that pass on, with 3 and 5 made, and the 12 that they become.
        (f"Concat: {{left: {{Conv: 1x1, out: 4}}, {POOL}, {RIGHT}}}", 2, 10 + 3 + 5 + 12),
        # The right branch makes 5 of the 10, beside the 2 made and the 8 that the pool will read.
        (f"Concat: {{{LEFT}, {RIGHT}, {POOL}}}", 2, 2 + 8 + 10 + 5),
        # Read by nobody else afterwards, the input is gone while the last branch makes 5 of 10.
        (f"Concat: {{{LEFT}, {POOL}, {RIGHT}}}", 2, 10 + 2 + 8 + 8),
        # Both pass on: the pool's 8 and all 10 are there for the 18 that they become.
        (
            "Concat: {pool: {MaxPool: 3x3/1 same}, left: {Conv: 1x1, out: 4}, "
            "right: {Conv: 1x1, out: 6}}",
            1,
            8 + 10 + 18,
        ),
        # The input is added at the end: its 8 stay beside the 2, 5 and 3 made, and their 10.
        (
            f"Residual: {{Concat: {{{LEFT}, {RIGHT}, {POOL}}}, project: {{Conv: 1x1, out: 8}}}}",
            3,
            8 + (2 + 5 + 3) + 10,
        ),
    ],
)
def test_the_peak_and_the_depth_of_a_fork(
    structure: str, depth: int, channels: int, folder: Path
) -> None:
    spec = folder / "net.yaml"
    head = "archc: 1\nname: Net\ninput: 8x4x4\nclasses: 4\ndefaults: {Conv: {activation: ReLU}}\n"
    spec.write_text(f"{head}modules: {{Block: {{{structure}}}}}\nbody: {{block: Block}}\n")
    network = merge_siblings(archc.load(spec))
    assert any(type(node) is ir.Fork for node in ir.walk(network.rows[0]))
    analysis = archc.analyze(network)
    assert (analysis.depth, analysis.peak) == (depth, channels * 16)
