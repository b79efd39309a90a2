"""Tests the shipped specs: totals, state, tables, and the page that lists them."""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from archc.analyses import Analysis
from archc.checks.checkpoints.match import match_checkpoint
from archc.checks.checkpoints.state import expected_state
from archc.driver.pipeline import Compiled, compile_spec

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
PAGE = ROOT / "docs" / "networks.md"


class Totals(NamedTuple):
    """A network's numbers from other sources.

    docs/networks.md names the sources. ``keys`` counts the state's keys with and without auxiliary
    heads.
    """

    name: str
    input: tuple[int, int, int]
    params_with_aux: int
    params: int
    macs: int
    aux_macs: tuple[int, ...]
    keys: tuple[int, int]


IMAGE, LARGE = (3, 224, 224), (3, 299, 299)
AUX = (4_169_728, 4_202_496)
TOTALS = {
    "googlenet": Totals("GoogLeNet", IMAGE, 13_378_280, 6_998_552, 1_582_671_872, AUX, (128, 116)),
    "googlenet_bn": Totals(
        "GoogLeNetBN", IMAGE, 13_004_888, 6_624_904, 1_498_376_192, AUX, (364, 344)
    ),
    "bn_inception": Totals(
        "BNInception", IMAGE, 11_295_240, 11_295_240, 2_032_600_064, (), (485, 485)
    ),
    "inception_v3": Totals(
        "InceptionV3", LARGE, 27_161_264, 23_834_568, 5_713_216_096, (5_683_200,), (580, 566)
    ),
    "inception_v4": Totals(
        "InceptionV4", LARGE, 42_679_816, 42_679_816, 12_253_974_624, (), (896, 896)
    ),
    "inception_resnet_v2": Totals(
        "InceptionResNetV2", LARGE, 55_843_464, 55_843_464, 13_155_794_016, (), (1306, 1306)
    ),
}


def compiled(stem: str) -> Compiled:
    result = compile_spec(str(ROOT / "specs" / f"{stem}.yaml"))
    assert isinstance(result, Compiled), result
    return result


@pytest.mark.parametrize("stem", TOTALS)
def test_totals_are_exact(stem: str) -> None:
    analysis = compiled(stem).analysis
    network = analysis.network
    found = (
        network.name,
        network.input,
        analysis.cost_with_aux.params,
        analysis.cost.params,
        analysis.cost.macs,
        tuple(head.cost.macs for head in analysis.aux),
    )
    assert found == TOTALS[stem][:-1]


def generated(stem: str, name: str) -> Any:
    """Return the class in the committed file."""
    spec = importlib.util.spec_from_file_location(stem, ROOT / "generated" / f"{stem}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


@pytest.mark.parametrize("stem", TOTALS)
def test_the_state_has_as_many_keys(stem: str) -> None:
    totals = TOTALS[stem]
    build = generated(stem, totals.name)
    with torch.device("meta"):
        models = [build(), build(aux=False) if totals.aux_macs else build()]
    assert tuple(len(model.state_dict()) for model in models) == totals.keys
    params = [sum(p.numel() for p in model.parameters()) for model in models]
    assert params == [totals.params_with_aux, totals.params]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: str(path.stem))
def test_every_spec_is_as_it_says(spec: Path) -> None:
    result = compiled(spec.stem)
    assert result.diagnostics == [], f"run archc check --strict specs/{spec.name}"
    network = result.network
    assert network.about and network.paper, f"specs/{spec.name} says no about: or no paper:"


def test_the_separable_first_convolution_has_the_printed_numbers() -> None:
    result = compiled("googlenet_separable")
    row = result.analysis.at("conv1")
    assert row is not None
    # 7*7*3*8 depthwise and 24*64 pointwise; then with 64 biases.
    assert (row.cost.weights, row.cost.params) == (2_712, 2_776)
    assert row.cost.macs == 112 * 112 * 2_712 == 34_019_328
    cells = result.conformance.cells["conv1"]
    printed = {column: (cell.printed, cell.verdict) for column, cell in cells.items()}
    assert printed == {
        "output": ("112x112x64", "match"),
        "depth": ("1", "match"),
        "params": ("2.7K", "match"),
        "ops": ("34M", "match"),
    }


def test_figure_5_of_the_batch_normalisation_paper() -> None:
    result = compiled("bn_inception")
    errata = {
        f"{path}.{column}": (cell.printed, cell.computed)
        for path, cells in result.conformance.cells.items()
        for column, cell in cells.items()
        if cell.verdict == "erratum"
    }
    assert errata == {
        "conv2.depth": ("1", "2"),
        "inception3c.output": ("28x28x576", "14x14x576"),
        "inception4c.output": ("14x14x576", "14x14x608"),
        "inception4d.output": ("14x14x576", "14x14x608"),
        "inception4e.output": ("14x14x1024", "7x7x1056"),
    }


def test_variants_change_what_they_say() -> None:
    base, true, factorised = (
        compiled(stem).analysis.cost.params
        for stem in ("googlenet_bn", "googlenet_bn_5x5", "googlenet_factorised")
    )
    # Each of nine branches has 25 weights instead of 9, between the same channels.
    pairs = [(16, 32), (32, 96), (16, 48), (24, 64), (24, 64), (32, 64), (32, 128)]
    pairs += [(32, 128), (48, 128)]
    assert true - base == sum(16 * reduce * out for reduce, out in pairs)
    # The second of two 3x3 works on the outputs of the first, and has a norm of its own.
    assert factorised - base == sum(9 * out * out + 2 * out for _, out in pairs)


def channels(analysis: Analysis) -> list[int]:
    rows = [row for row in analysis.rows if row.node.name.startswith(("conv", "inception"))]
    return [row.output[0] for row in rows]


def test_the_half_width_network_is_half_as_wide() -> None:
    whole, half = (compiled(s).analysis for s in ("googlenet_bn_5x5", "googlenet_half"))
    assert [2 * width for width in channels(half)] == channels(whole)
    assert half.network.budget is not None
    assert half.cost.params < whole.cost.params / 3


def test_the_small_network_is_for_small_images() -> None:
    analysis = compiled("googlenet_small").analysis
    assert (analysis.network.input, analysis.network.classes) == ((3, 32, 32), 10)
    sizes = {row.node.name: row.output for row in analysis.rows}
    assert sizes["inception3a"][1:] == (16, 16)
    assert sizes["inception4a"][1:] == (8, 8)
    assert sizes["inception5b"] == (1024, 4, 4)
    assert sizes["fc"] == (10,)
    assert analysis.aux == ()


def cadene_keys() -> list[str]:
    """Return the keys of Cadene's bninception, from its names of layers."""
    rows = "3a 3b 3c 4a 4b 4c 4d 4e 5a 5b".split()
    double = "double_3x3_reduce double_3x3_1 double_3x3_2".split()
    layers = "conv1_7x7_s2 conv2_3x3_reduce conv2_3x3".split()
    for row in rows:
        whole = row not in ("3c", "4e")
        names = ["1x1"] * whole + ["3x3_reduce", "3x3", *double] + ["pool_proj"] * whole
        layers += [f"inception_{row}_{name}" for name in names]
    state = "weight bias running_mean running_var num_batches_tracked".split()
    keys = []
    for layer in layers:
        keys += [f"{layer}.weight", f"{layer}.bias", *(f"{layer}_bn.{name}" for name in state)]
    return [*keys, "last_linear.weight", "last_linear.bias"]


def test_cadenes_checkpoint_has_a_place_for_every_key() -> None:
    analysis = compiled("bn_inception").analysis
    # Both register their layers in the same order, so the keys correspond one to one.
    expected = expected_state(analysis)
    pairs = dict(zip(expected, cadene_keys(), strict=True))
    theirs = {pairs[key]: torch.empty(tensor.shape) for key, tensor in expected.items()}
    match = match_checkpoint(analysis, theirs, analysis.network.checkpoints["cadene"])
    assert (match.diagnostics, match.dropped) == ((), ())
    assert match.sources == pairs


def caffe_keys() -> list[str]:
    """Return the layers of BVLC's bvlc_googlenet, in our order."""
    layers = ["conv1/7x7_s2", "conv2/3x3_reduce", "conv2/3x3"]
    for row in "3a 3b 4a 4b 4c 4d 4e 5a 5b".split():
        names = "1x1 3x3_reduce 3x3 5x5_reduce 5x5 pool_proj".split()
        layers += [f"inception_{row}/{name}" for name in names]
    layers += [f"loss{head}/{name}" for head in (1, 2) for name in ("conv", "fc", "classifier")]
    layers.append("loss3/classifier")
    return [f"{layer}.{name}" for layer in layers for name in ("weight", "bias")]


def test_caffes_checkpoint_has_a_place_for_every_key() -> None:
    analysis = compiled("googlenet").analysis
    expected = expected_state(analysis)
    pairs = dict(zip(expected, caffe_keys(), strict=True))
    theirs = {pairs[key]: torch.empty(tensor.shape) for key, tensor in expected.items()}
    match = match_checkpoint(analysis, theirs, analysis.network.checkpoints["caffe"])
    assert (match.diagnostics, match.dropped) == ((), ())
    assert match.sources == pairs


def network_rows() -> Iterator[str]:
    """Return a line of the page for every spec, with its numbers."""
    for spec in SPECS:
        analysis = compiled(spec.stem).analysis
        params = f"{analysis.cost.params:,}"
        if analysis.aux:
            params += f" ({analysis.cost_with_aux.params:,})"
        size = "x".join(map(str, analysis.network.input))
        name, link = f"`{analysis.network.name}`", f"[{spec.name}](../specs/{spec.name})"
        yield f"| {link} | {name} | {size} | {params} | {analysis.cost.macs:,} |"


def picture_rows() -> Iterator[str]:
    """Return lines of three pictures each, with their names below."""
    cells = [
        f'<a href="pictures/{name}.svg"><img src="pictures/{name}.svg" width="240" '
        f'alt="{name}, from input to head"></a><br>{name}'
        for name in (spec.stem for spec in SPECS)
    ]
    cells += [""] * (-len(cells) % 3)
    for i in range(0, len(cells), 3):
        yield f"| {' | '.join(cells[i : i + 3])} |"


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        ("| spec | class | input | params (with aux) | MACs |", network_rows),
        ("| | | |", picture_rows),
    ],
    ids=["numbers", "pictures"],
)
def test_the_page_lists_every_spec(
    heading: str, rows: Callable[[], Iterator[str]], request: pytest.FixtureRequest
) -> None:
    text = PAGE.read_text()
    before, after = text.split(f"{heading}\n", 1)
    rule, *shown = after.partition("\n\n")[0].split("\n")
    expected = list(rows())
    if request.config.getoption("--update-expected"):
        current = "\n".join([rule, *expected])
        PAGE.write_text(f"{before}{heading}\n{current}\n\n{after.partition(chr(10) * 2)[2]}")
    else:
        assert shown == expected, "run pytest tests/project/test_networks.py --update-expected"
