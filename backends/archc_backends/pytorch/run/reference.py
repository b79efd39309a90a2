"""Creates the library's model that a spec names as its reference, and loads the spec's weights.

Only models in a library's registry are created, and nothing is downloaded.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, get_type_hints

from archc.analyses import Analysis
from archc.diagnostics import Code, Diagnostic, Hint, suggest_name
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import join_words, pluralize
from archc.network.ir import Network
from archc_backends.common.requirements import require_library, require_torch
from archc_backends.pytorch.run.verify import state_differences

if TYPE_CHECKING:
    from torch import Tensor, nn


def make_reference(analysis: Analysis) -> "nn.Module | Diagnostic":
    """Create the library's model, untrained and in float32, with the network's number of classes.

    Returns a Diagnostic if the model's state has other keys or shapes than the network's. Settings
    outside the state, such as strides or epsilons, are not compared; they change the outputs.
    Raises BackendUnavailable if torch or the library is not installed.
    """
    network = analysis.network
    reference = network.reference
    if reference is None:
        message = f"{network.name} has no reference"
        hint: Hint | None = "set reference: {library: model}"
        return Diagnostic(Code.MISSING_KEY, message, network.span, hint=hint)
    if reference.library not in LIBRARIES:
        message = f"models of {reference.library} are not supported"
        hint = suggest_name(reference.library, LIBRARIES) or f"use one of {join_words(LIBRARIES)}"
        return Diagnostic(Code.UNSUPPORTED, message, reference.library_span, hint=hint)
    require_torch()
    require_library(reference.library)
    model = LIBRARIES[reference.library](reference.model, network)
    if isinstance(model, list):
        message = f"{reference.library} has no model {reference.model}"
        hint = suggest_name(reference.model, model)
        return Diagnostic(Code.UNKNOWN_REFERENCE, message, reference.model_span, hint=hint)
    what = f"{reference.title} is a different network"
    return _state_mismatch(analysis, model.state_dict(), what, reference.model_span) or model


def load_reference(
    model: "nn.Module", analysis: Analysis, state: "Mapping[str, Tensor]"
) -> Diagnostic | None:
    """Load the state of the network's class, heads included, into a model of ``make_reference``.

    Values are converted to the model's dtype. Returns a Diagnostic if the state does not fit; the
    model is then unchanged.
    """
    wrong = _state_mismatch(
        analysis, state, f"the state does not fit {analysis.network.name}", None
    )
    if wrong is None:
        model.load_state_dict(state, strict=True)
    return wrong


def torchvision_models() -> ModuleType:
    """Import torchvision.models, even if its compiled operators do not match the installed torch.

    The models do not use these operators, but the import fails unless two of them are declared.
    Raises BackendUnavailable if torchvision is not installed.
    """
    require_torch()
    require_library("torchvision")
    try:
        return import_module("torchvision.models")
    except RuntimeError as error:
        if "operator torchvision::nms does not exist" not in str(error):
            raise
    from torch import library

    for name in ("nms", "qnms"):
        library.define(f"torchvision::{name}", "(Tensor boxes) -> Tensor")
    return import_module("torchvision.models")


def _torchvision_model(name: str, network: Network) -> "nn.Module | list[str]":
    """Create the model of that name, or return the known names."""
    models = torchvision_models()
    # Only classification models: those of other tasks download a backbone by default.
    known: list[str] = models.list_models(module=models)
    if name not in known:
        return known
    builder = models.get_model_builder(name)
    taken = signature(get_type_hints(builder)["return"]).parameters
    # Skip initialisation: it is slow for some models, and weights are loaded later.
    wanted = {
        "num_classes": network.classes,
        "aux_logits": bool(network.aux),
        "init_weights": False,
    }
    options = {key: value for key, value in wanted.items() if key in taken}
    model: nn.Module = builder(weights=None, **options)
    return model


def _timm_model(name: str, network: Network) -> "nn.Module | list[str]":
    """Create the model of that name, or return the known names."""
    torchvision_models()  # timm imports torchvision
    timm: Any = import_module("timm")
    # Checked, because create_model also accepts files and URLs to download.
    if not timm.is_model(name):
        known: list[str] = timm.list_models()
        return known
    model: nn.Module = timm.create_model(name, pretrained=False, num_classes=network.classes)
    return model


def _state_mismatch(
    analysis: Analysis, state: "Mapping[str, Tensor]", what: str, place: Span | None
) -> Diagnostic | None:
    """Return a diagnostic with the first difference between the state and the network's."""
    shapes = {key: list(tensor.shape) for key, tensor in state.items()}
    differences = list(state_differences(analysis, shapes))
    if not differences:
        return None
    more = len(differences) - 1
    notes = (f"and {pluralize(more, 'more difference')}",) if more else ()
    return Diagnostic(Code.DIFFERENT, f"{what}: {differences[0]}", place, notes=notes)


LIBRARIES: Mapping[str, Callable[[str, Network], "nn.Module | list[str]"]] = {
    "torchvision": _torchvision_model,
    "timm": _timm_model,
}
"""For each library, a function that creates a model by name, or returns the known names."""
