"""Tests that archc never takes another tool's term for a misspelling."""

import inspect
from pathlib import Path

import onnx.defs
import pytest
import torch
import yaml

from archc.diagnostics import (
    Diagnostic,
    Replacement,
    is_typo,
    normalize,
    suggest_keyword,
    suggest_number,
)
from archc.driver.check import check_spec
from archc.driver.fix import fix_spec
from archc.language.fields.terms import ARGUMENTS, LAYERS, word_hint
from archc.ops import OPERATORS

SPEC = """\
archc: 1
name: Net
input: 3x32x32
classes: 10
{top}
body:
  first: {layer}
  second: {{Conv: 3x3, out: 8, {field}}}
head: {{pool: {{AvgPool: global}}, fc: {{Linear: classes}}}}
"""
BASE = SPEC.format(top="about: a base", layer="ReLU", field="activation: ReLU")
TERMS = """ReLU6 LeakyReLU ELU SELU CELU GELU PReLU RReLU CReLU SiLU Hardswish Mish Sigmoid Tanh
    Softmax2d Conv1d Conv3d Conv2dTranspose ConvTranspose2d AvgPool1d AvgPool3d MaxPool1d MaxUnpool
    Dropout2d BatchNorm1d LayerNorm GroupNorm Upsample""".split()
ABSENT = [term for term in TERMS if term not in OPERATORS]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    Path("net.yaml").write_text(text)
    return check_spec("net.yaml").diagnostics


def spec(top: str = "about: a net", layer: str = "ReLU", field: str = "bias: false") -> str:
    return SPEC.format(top=top, layer=layer, field=field)


@pytest.mark.parametrize("word", ABSENT)
@pytest.mark.parametrize("place", ["top", "layer", "bare", "field"])
def test_a_term_that_archc_does_not_have_is_called_one_and_stays(word: str, place: str) -> None:
    text = {
        "top": spec(top=f"defaults: {{Conv: {{activation: {word}}}}}"),
        "layer": spec(layer=f"{{{word}: {{}}}}"),
        "bare": spec(layer=word),
        "field": spec(field=f"activation: {word}"),
    }[place]
    (diagnostic,) = diagnostics(text)
    assert str(diagnostic.hint).startswith("archc does not support the ")
    assert str(diagnostic.hint).endswith(f" {word}")
    assert fix_spec("net.yaml").number == 0
    assert Path("net.yaml").read_text() == text


@pytest.mark.parametrize(
    "word",
    [
        word
        for word in ("leaky_relu", "hard_swish", "relu6", "gelu", "squared_relu")
        if normalize(word) not in map(normalize, OPERATORS)
    ],
)
def test_a_term_in_small_letters_is_one(word: str) -> None:
    (diagnostic,) = diagnostics(spec(field=f"activation: {word}"))
    assert diagnostic.hint == f"archc does not support the activation {word}"


def test_a_term_in_a_variant_stays() -> None:
    Path("base.yaml").write_text(BASE)
    text = "extends: base.yaml\nname: Variant\nbody:\n  act: {GELU: {}, after: first}\n"
    (diagnostic,) = diagnostics(text)
    assert diagnostic.hint == "archc does not support the activation GELU"
    assert fix_spec("net.yaml").number == 0
    assert Path("net.yaml").read_text() == text


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("Conv2D", "Conv"),
        ("Conv2d", "Conv"),
        ("Convolution", "Conv"),
        ("Dense", "Linear"),
        ("InnerProduct", "Linear"),
        ("BatchNormalization", "BatchNorm"),
        ("BatchNorm2d", "BatchNorm"),
        ("AdaptiveAvgPool2d", "AdaptiveAvgPool"),
        ("MaxPooling2D", "MaxPool"),
        ("LocalResponseNorm", "LRN"),
        ("Concatenate", "Concat"),
        ("Sequential", "Sequence"),
    ],
)
def test_another_name_of_what_archc_has_is_told_and_not_written(word: str, ours: str) -> None:
    diagnostic = diagnostics(spec(layer=f"{{{word}: 3}}"))[0]
    assert diagnostic.hint == Replacement(ours, f"archc calls it {ours}", safe=False)


@pytest.mark.parametrize(
    ("field", "ours"),
    [
        ("num_output: 4", "out"),
        ("filters: 4", "out"),
        ("out_channels: 4", "out"),
        ("pad: 1", "padding"),
        ("num_group: 1", "groups"),
        ("use_bias: true", "bias"),
    ],
)
def test_another_name_of_a_field_is_told_and_not_written(field: str, ours: str) -> None:
    text = spec(field=field)
    if ours == "out":
        text = text.replace("out: 8, ", "")
    assert [f.hint for f in diagnostics(text)] == [
        Replacement(ours, f"archc calls it {ours}", safe=False)
    ]


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("dilation: 2", "archc does not support the argument dilation"),
        ("padding_mode: zeros", "archc does not support the argument padding_mode"),
        ("stride: 2", "it is part of the window, after Conv:"),
        ("relu: true", "use activation: ReLU"),
        ("batch_norm: true", "use norm: BatchNorm"),
        ("no_bias: true", "use bias, with the opposite value"),
        ("dropout: 0.5", "Dropout is a separate layer"),
        ("in_channels: 3", "remove it: archc computes it from the input of the layer"),
        ("multiplier: 2", "known keys: out, bias, norm, activation, padding, groups"),
    ],
)
def test_a_field_that_is_no_misspelling_says_what_it_is(field: str, hint: str) -> None:
    assert [f.hint for f in diagnostics(spec(field=field))] == [hint]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("flops: 3G", "use macs; one MAC is two FLOPs"),
        ("memory: 3M", "use activations, which counts elements, not bytes"),
    ],
)
def test_a_limit_in_another_unit_is_not_renamed(line: str, hint: str) -> None:
    assert [f.hint for f in diagnostics(spec(top=f"budget: {{{line}}}"))] == [hint]


@pytest.mark.parametrize("word", ["no", "off", "false", "No", "OFF"])
@pytest.mark.parametrize("field", ["activation", "norm"])
def test_a_no_for_a_layer_is_none(field: str, word: str) -> None:
    (diagnostic,) = diagnostics(spec(field=f"{field}: {word}"))
    assert diagnostic.hint == Replacement("none", "write none", safe=True)
    assert fix_spec("net.yaml").number == 1
    assert Path("net.yaml").read_text() == spec(field=f"{field}: none")


@pytest.mark.parametrize("word", ["no", "off", "false"])
def test_a_no_for_a_lint_is_none(word: str) -> None:
    (diagnostic,) = diagnostics(
        spec(top=f"lints: {{dead_column: {word}}}", field="activation: ReLU")
    )
    assert diagnostic.hint == Replacement("none", "write none", safe=True)
    assert fix_spec("net.yaml").number == 1
    assert not check_spec("net.yaml").diagnostics


@pytest.mark.parametrize("word", ["no", "off", "false"])
def test_a_no_for_a_section_is_none_in_a_variant_alone(word: str) -> None:
    aux = "aux:\n  aux1: {Aux: [Flatten, {Linear: classes}], from: first, loss_weight: 0.3}\nhead:"
    Path("base.yaml").write_text(BASE.replace("head:", aux))
    (diagnostic,) = diagnostics(f"extends: base.yaml\nname: Variant\naux: {word}\n")
    assert diagnostic.hint == Replacement("none", "write none", safe=True)
    assert fix_spec("net.yaml").number == 1
    assert not check_spec("net.yaml").diagnostics
    (diagnostic,) = diagnostics(f"{BASE}aux: {word}\n")
    assert diagnostic.hint == "none removes a section only in a variant: is `extends` missing?"
    assert fix_spec("net.yaml").number == 0


def test_linear_as_an_activation_is_none_and_as_a_layer_linear() -> None:
    (diagnostic,) = diagnostics(spec(field="activation: linear"))
    assert diagnostic.hint == Replacement("none", "archc calls it none", safe=False)
    (diagnostic,) = diagnostics(
        spec(layer="[Flatten, {linear: 10}]").replace("  second", "  # second")
    )
    assert diagnostic.hint == Replacement("Linear", "did you mean Linear?", safe=True)


@pytest.mark.parametrize(
    ("written", "read", "safe"),
    [
        ("[0, 3]", "0x3", True),
        ("[0, 10]", "0x10", True),
        ("[3, 0]", "3x0", True),
        ('"0 x 3"', "0x3", True),
        ("0X3", "0x3", True),
        ("00x3", "0x3", True),
        ("0x03", "0x3", True),
        ("0X10", "0x10", True),
        ("0*3", "0x3", True),
        ('"(0, 3)"', "0x3", True),
        ('"[0, 3]"', "0x3", True),
        ('"(0,3)"', "0x3", True),
        ('"3"', "3", True),
        ("1.0", "1", True),
        ("1_0", "10", True),
        ("010", "10", False),
        ("[1, 1, 1, 1]", None, False),
        ("[[0, 3], [0, 3]]", None, False),
        ("[0, 1.5]", None, False),
        ("[0, true]", None, False),
        ("[0, -3]", None, False),
        ("[010, 3]", None, False),
        ("[3]", None, False),
        ('"(0, 3"', None, False),
        ('"0, 3"', None, False),
        ('"0,3"', None, False),
        ("0xA", None, False),
        ("1.5", None, False),
        ("true", None, False),
        ("010x3", None, False),
    ],
)
@pytest.mark.parametrize("layer", ["Conv: 9x9, out: 8", "MaxPool: 21x21/1"])
def test_a_size_is_read_in_one_way_or_not_at_all(
    layer: str, written: str, read: str | None, safe: bool
) -> None:
    (diagnostic,) = diagnostics(spec(layer=f"{{{layer}, padding: {written}}}"))
    given = diagnostic.hint if isinstance(diagnostic.hint, Replacement) else None
    assert (given and given.text, bool(given and given.safe)) == (read, safe)
    assert read is not None or "0x3" in str(diagnostic.hint)


@pytest.mark.parametrize("word", ["same", "valid", "SAME"])
def test_padding_by_a_word_is_part_of_the_window(word: str) -> None:
    (diagnostic,) = diagnostics(spec(field=f"padding: {word}"))
    assert diagnostic.hint == f"put it in the window, such as 3x3/1 {word.lower()}"


@pytest.mark.parametrize(
    ("written", "read", "safe"),
    [
        ("[3, 1]", "3x1", True),
        ('"(3, 1)"', "3x1", True),
        ("3 X 1", "3x1", True),
        ("3", "3x3", True),
        ("13", "13x13", False),
        ("3x3/1 SAME", "3x3/1 same", True),
        ("3x3 stride 2", "3x3/2", True),
        ("3x3/2 SAME", "3x3/2 same", False),
        ("3x3/2x1 SAME", "3x3/2x1 same", False),
        ("03x3", "3x3", True),
        ("010x3", None, False),
        ("[3, 3, 2]", None, False),
        ("[0, 3]", None, False),
        ("0x10", None, False),
    ],
)
def test_a_window_is_read_in_one_way_or_not_at_all(
    written: str, read: str | None, safe: bool
) -> None:
    (diagnostic,) = diagnostics(spec(layer=f"{{Conv: {written}, out: 8}}"))
    given = diagnostic.hint if isinstance(diagnostic.hint, Replacement) else None
    assert (given and given.text, bool(given and given.safe)) == (read, safe)


@pytest.mark.parametrize(
    ("text", "number", "safe"),
    [
        ("1_000", "1000", True),
        ("1.0", "1", True),
        ("1,000,000", "1000000", True),
        ("1,000", "1000", False),
        ("017", "17", False),
        ("01", "1", True),
        ("0x10", "16", False),
        ("0X10", "16", False),
        ("0o17", "15", True),
        ("1__0", None, False),
        ("_1", None, False),
    ],
)
def test_a_whole_number_in_another_notation(text: str, number: str | None, safe: bool) -> None:
    hint = suggest_number(text, whole=True)
    assert (hint and hint.text, bool(hint and hint.safe)) == (number, safe)


@pytest.mark.parametrize("word", ["Relu5", "ReLU66", "GReLU", "MaxPool1", "Conv1", "FeLU"])
def test_a_mistake_that_may_be_a_term_is_not_safe(word: str) -> None:
    hint = word_hint(word, OPERATORS, LAYERS, OPERATORS)
    assert isinstance(hint, Replacement)
    assert not hint.safe


@pytest.mark.parametrize(("word", "ours"), [("cut", "out"), ("ops", "eps"), ("aug", "aux")])
def test_another_letter_in_three_is_not_safe(word: str, ours: str) -> None:
    hint = suggest_keyword(word, [ours])
    assert hint is None or not hint.safe


def is_known(word: str, sections: tuple[str, ...]) -> bool:
    return word_hint(word, [], sections, ()) is not None


def test_the_layers_of_torch_are_known() -> None:
    classes = {name: c for name, c in vars(torch.nn).items() if inspect.isclass(c)}
    layers = {
        name
        for name, kind in classes.items()
        if issubclass(kind, torch.nn.Module) and "Loss" not in name
    }
    assert len(layers) > 120
    assert {name for name in layers if not is_known(name, LAYERS)} == set()


def test_the_arguments_of_the_layers_of_torch_are_known() -> None:
    kinds = ("Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d", "BatchNorm2d", "Linear")
    names = {
        name for kind in kinds for name in inspect.signature(getattr(torch.nn, kind)).parameters
    }
    assert "dilation" in names
    assert {name for name in names if not is_known_argument(name)} == set()


def is_known_argument(name: str) -> bool:
    """Whether it is a term, or a word for something that archc supports in another form."""
    data = yaml.safe_load((Path(inspect.getfile(word_hint)).parent / "terms.yaml").read_text())
    equivalents = {other for entry in data["equivalents"]["arguments"] for other in entry["names"]}
    return name in equivalents or is_known(name, ARGUMENTS)


def test_the_layers_of_onnx_are_known() -> None:
    layers = """AveragePool BatchNormalization Celu Concat Conv ConvTranspose DepthToSpace Dropout
        Elu Flatten Gelu Gemm GlobalAveragePool GlobalMaxPool GroupNormalization HardSigmoid
        HardSwish Identity InstanceNormalization LRN LayerNormalization LeakyRelu LogSoftmax
        LpPool MaxPool MaxRoiPool MaxUnpool Mish PRelu Pad Relu Resize RoiAlign Selu Sigmoid
        Softmax Softplus Softsign SpaceToDepth Swish Tanh ThresholdedRelu Upsample""".split()
    assert set(layers) <= {schema.name for schema in onnx.defs.get_all_schemas()}
    assert {name for name in layers if not is_known(name, LAYERS)} == set()


def test_every_kind_of_archc_is_spelt_as_the_table_spells_it() -> None:
    """A kind that another tool also has is found under both names, in any case."""
    for kind in OPERATORS:
        assert word_hint(kind.lower(), OPERATORS, LAYERS, OPERATORS) == Replacement(
            kind, f"did you mean {kind}?", safe=True
        )


def test_names_of_two_things_are_one_mistake_apart_without_being_one() -> None:
    """The table is needed: edit distance alone would take many terms for archc's own words."""
    data = yaml.safe_load((Path(inspect.getfile(word_hint)).parent / "terms.yaml").read_text())
    names = [n for item in data["activations"] for n in ([item] if isinstance(item, str) else item)]
    near = [name for name in names if is_typo(name, "ReLU") and normalize(name) != "relu"]
    assert {"ReLU6", "PReLU", "GELU", "ELU"} <= set(near)
    for name in near:
        hint = word_hint(name, ["ReLU", "none"], LAYERS, OPERATORS)
        assert not isinstance(hint, Replacement), name


def test_a_new_operator_needs_no_change_of_the_table() -> None:
    language = [*OPERATORS, "SiLU", "ReLU6"]
    assert word_hint("Swish", language, LAYERS, language) == Replacement(
        "SiLU", "archc calls it SiLU", safe=False
    )
    assert word_hint("relu6", language, LAYERS, language) == Replacement(
        "ReLU6", "did you mean ReLU6?", safe=True
    )
