"""Tests that a spec's reference model is created from the library or rejected, never downloaded.

``test_shipped_references.py`` compares outputs at other sizes and in training.
"""

import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from models import randomized
from torch import nn

import archc
from archc.diagnostics import Diagnostic, render
from archc.driver.backend import BackendUnavailable
from archc.language.sections.reference_model import ReferenceModel
from archc_backends.common import requirements
from archc_backends.pytorch.run import reference
from archc_backends.pytorch.run.reference import load_reference, make_reference

NAMED = {
    "googlenet_bn": ("torchvision", "googlenet"),
    "inception_v3": ("torchvision", "inception_v3"),
    "inception_v4": ("timm", "inception_v4"),
    "inception_resnet_v2": ("timm", "inception_resnet_v2"),
}
VARIANT = "extends: googlenet_bn.yaml\nname: Variant\nreference: {torchvision: googlenet}\n"
TOLERANCE = 1e-9


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder without network access."""

    def connect(*_: object) -> None:
        raise AssertionError("the network is used")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    return tmp_path


def analysis_of(text: str, parameters: dict[str, float] | None = None) -> archc.Analysis:
    Path("variant.yaml").write_text(text)
    return archc.analyze(archc.load("variant.yaml", parameters))


def naming(library: str, model: str) -> archc.Analysis:
    """Return GoogLeNet with another reference name, possibly one that no spec can contain."""
    network = archc.load("googlenet_bn.yaml")
    assert network.reference is not None
    return archc.analyze(
        network._replace(reference=network.reference._replace(library=library, model=model))
    )


def made(analysis: archc.Analysis) -> nn.Module:
    model = make_reference(analysis)
    assert not isinstance(model, Diagnostic), render(model)
    return model


def refused(analysis: archc.Analysis) -> str:
    diagnostic = make_reference(analysis)
    assert isinstance(diagnostic, Diagnostic)
    return render(diagnostic)


def test_shipped_specs_name_their_references() -> None:
    specs = Path(reference.__file__).parents[4].joinpath("specs").glob("*.yaml")
    networks = {path.stem: archc.load(path) for path in specs}
    found = {
        stem: (network.reference.library, network.reference.model)
        for stem, network in networks.items()
        if network.reference is not None
    }
    assert found == NAMED


@pytest.mark.parametrize("spec", NAMED)
def test_it_computes_the_same_from_the_same_state(spec: str) -> None:
    network = archc.load(f"{spec}.yaml")
    analysis = archc.analyze(network)
    ours = archc.module_class(network)().double().eval()
    randomized(ours)
    theirs = made(analysis).double().eval()
    x = torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(1)).double()
    with torch.no_grad():
        expected = ours(x)
        assert (theirs(x) - expected).abs().max() > 0.01 * expected.abs().max()
        assert load_reference(theirs, analysis, ours.state_dict()) is None
        given = theirs(x)
    assert expected.isfinite().all()
    assert (expected[0] - expected[1]).abs().max() > 0.01 * expected.abs().max()
    torch.testing.assert_close(given, expected, rtol=TOLERANCE, atol=TOLERANCE)
    state = theirs.state_dict()
    assert all(torch.equal(state[key], value) for key, value in ours.state_dict().items())


def test_it_has_the_classes_and_heads_of_the_spec() -> None:
    analysis = analysis_of(VARIANT + "classes: 7\naux: none\n")
    model = made(analysis)
    assert not analysis.network.aux
    assert isinstance(model.fc, nn.Linear)
    assert model.fc.out_features == 7
    assert list(model.state_dict()) == list(archc.module_class(analysis.network)().state_dict())


def test_another_number_of_classes_for_timm() -> None:
    other = "extends: inception_v4.yaml\nname: Variant\nclasses: 7\nreference: {timm: inception_v4}"
    assert made(analysis_of(other)).state_dict()["last_linear.weight"].shape == (7, 1536)


WIDER = VARIANT + "parameters: {width: 1}\nwidth: {multiplier: width}\n"


def test_another_width_is_another_network() -> None:
    made(analysis_of(WIDER))
    assert refused(analysis_of(WIDER, {"width": 0.5})) == (
        "variant.yaml:3:26: error[A601] torchvision's googlenet is a different network: "
        "conv1.conv.weight has the shape [64, 3, 7, 7], expected [32, 3, 7, 7]\n"
        "    3 | reference: {torchvision: googlenet}\n"
        "      |                          ^^^^^^^^^\n"
        "  = note: and 297 more differences"
    )


@pytest.mark.parametrize(
    ("library", "model", "message", "hint"),
    [
        (
            "torchvison",
            "googlenet",
            "models of torchvison are not supported",
            "did you mean torchv",
        ),
        (
            "keras",
            "googlenet",
            "models of keras are not supported",
            "use one of torchvision and timm",
        ),
        ("os", "system", "models of os are not supported", "use one of torchvision and timm"),
        ("torchvision", "googelnet", "torchvision has no model googelnet", "did you mean googlen"),
        ("timm", "inception_v5", "timm has no model inception_v5", "did you mean inception_v"),
        ("torchvision", "inception_v4", "torchvision has no model", "did you mean inception_v3?"),
        # For another task: torchvision would download its backbone.
        ("torchvision", "fcn_resnet50", "torchvision has no model fcn_resnet50", ""),
        # No spec can contain these, since they are not names; timm would download or open them.
        ("timm", "hf-hub:timm/inception_v4.tf_in1k", "timm has no model hf-hub:timm", ""),
        ("timm", "local-dir:/tmp/model", "timm has no model local-dir:/tmp/model", ""),
        ("torchvision", "../googlenet", "torchvision has no model ../googlenet", ""),
    ],
)
def test_only_what_a_registry_has_is_made(
    library: str, model: str, message: str, hint: str
) -> None:
    text = refused(naming(library, model))
    assert message in text.splitlines()[0]
    assert hint in text
    assert "googlenet_bn.yaml:10:" in text


@pytest.mark.parametrize("model", ["resnet18", "inception_v3"])
def test_a_model_of_another_network_is_refused(model: str) -> None:
    message = (
        f"torchvision's {model} is a different network: the parameter conv1.conv.weight is miss"
    )
    assert message in refused(naming("torchvision", model))


def test_a_spec_without_a_reference() -> None:
    text = refused(analysis_of("extends: googlenet_bn.yaml\nname: Variant\n"))
    assert "error[A202] Variant has no reference" in text


@pytest.mark.parametrize(
    ("missing", "library"),
    [("torchvision", "torchvision"), ("timm", "timm"), ("torchvision", "timm")],
)
def test_a_library_that_is_missing(
    missing: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        requirements, "find_spec", lambda name: None if name == missing else find_spec(name)
    )
    with pytest.raises(BackendUnavailable, match=f"^this needs {missing}: pip install {missing}$"):
        make_reference(naming(library, "inception_v4"))


def test_a_state_that_does_not_fit_is_refused_and_nothing_of_it_taken() -> None:
    analysis = archc.analyze(archc.load("googlenet_bn.yaml"))
    theirs = made(analysis)
    state = archc.module_class(analysis.network)().state_dict()
    before = {key: value.clone() for key, value in theirs.state_dict().items()}
    without_heads = {key: value for key, value in state.items() if not key.startswith("aux")}
    cases: list[tuple[dict[str, Any], str]] = [
        (without_heads, "the parameter aux1.conv.conv.weight is missing"),
        (
            state | {"fc.weight": torch.zeros(10, 1024)},
            "fc.weight has the shape [10, 1024], expected [1000",
        ),
        (state | {"fc2.bias": torch.zeros(1)}, "unknown parameter fc2.bias"),
    ]
    for wrong, message in cases:
        diagnostic = load_reference(theirs, analysis, wrong)
        assert diagnostic is not None
        assert f"the state does not fit GoogLeNetBN: {message}" in diagnostic.message
    after = theirs.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_operators_that_torchvision_lacks_are_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    declared: list[str] = []

    def import_module(name: str) -> str:
        if not declared:
            raise RuntimeError("operator torchvision::nms does not exist")
        return name

    monkeypatch.setattr(reference, "import_module", import_module)
    monkeypatch.setattr(torch.library, "define", lambda name, _: declared.append(name))
    assert str(reference.torchvision_models()) == "torchvision.models"
    assert declared == ["torchvision::nms", "torchvision::qnms"]


def test_another_fault_of_torchvision_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def import_module(name: str) -> None:
        raise RuntimeError("compiled against another CUDA")

    monkeypatch.setattr(reference, "import_module", import_module)
    with pytest.raises(RuntimeError, match="another CUDA"):
        reference.torchvision_models()


def test_what_is_checked_needs_no_library() -> None:
    Path("variant.yaml").write_text(VARIANT.replace("torchvision: googlenet", "nowhere: nothing"))
    assert archc.check("variant.yaml").diagnostics == ()


def test_a_reference_ends_on_the_network_and_is_not_inherited() -> None:
    named = archc.load("inception_v4.yaml").reference
    assert isinstance(named, ReferenceModel)
    assert str(named.library_span).endswith("inception_v4.yaml:14:13")
    assert str(named.model_span).endswith("inception_v4.yaml:14:19")
    variant = analysis_of("extends: inception_v4.yaml\nname: Variant\n")
    assert variant.network.reference is None
