"""The model of a library that a spec names as its reference: made, and given the spec's weights.

Only what a library's own registry has is made, and nothing is downloaded.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, get_type_hints

from archc.analyses import Analysis
from archc.diagnostics import Code, Diagnostic, Hint, suggest_name
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import counted, listed
from archc.network.ir import Network
from archc_backends.common.requirements import require_library, require_torch
from archc_backends.pytorch.run.verify import state_differences

if TYPE_CHECKING:
    from torch import Tensor, nn


def make_reference(analysis: Analysis) -> "nn.Module | Diagnostic":
    """The library's own model, float32 and untrained, with the network's number of classes.

    Its state has the network's keys and shapes; a Diagnostic says why there is no such model. What
    is no part of a state, such as a stride or an epsilon, is for its outputs to tell. Raises
    BackendUnavailable where torch or the library is not installed.
    """
    network = analysis.network
    reference = network.reference
    if reference is None:
        message = f"{network.name} has no reference"
        hint: Hint | None = "set reference: {library: model}"
        return Diagnostic(Code.MISSING_KEY, message, network.span, hint=hint)
    if reference.library not in LIBRARIES:
        message = f"models of {reference.library} cannot be made"
        hint = suggest_name(reference.library, LIBRARIES) or f"those of {listed(LIBRARIES)} can"
        return Diagnostic(Code.UNSUPPORTED, message, reference.library_span, hint=hint)
    require_torch()
    require_library(reference.library)
    model = LIBRARIES[reference.library](reference.model, network)
    if isinstance(model, list):
        message = f"{reference.library} has no model {reference.model}"
        hint = suggest_name(reference.model, model)
        return Diagnostic(Code.UNKNOWN_REFERENCE, message, reference.model_span, hint=hint)
    what = f"{reference.words} is another network"
    return _misfit(analysis, model.state_dict(), what, reference.model_span) or model


def load_reference(
    model: "nn.Module", analysis: Analysis, state: "Mapping[str, Tensor]"
) -> Diagnostic | None:
    """Give a model of ``make_reference`` the state of the network's class, heads included.

    The numbers take the model's dtype. None where it is done; what keeps the state from fitting
    otherwise, and then the model stays as it was.
    """
    wrong = _misfit(analysis, state, f"the state is not that of {analysis.network.name}", None)
    if wrong is None:
        model.load_state_dict(state, strict=True)
    return wrong


def torchvision_models() -> ModuleType:
    """torchvision.models, also where its compiled operators do not fit the torch installed.

    The models use none of them; all that its import needs is that two are declared. Raises
    BackendUnavailable where torchvision is missing.
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
    """The model of that name; without one the names that there are."""
    models = torchvision_models()
    # Those of other tasks, in modules below, fetch a backbone unless they are told not to.
    known: list[str] = models.list_models(module=models)
    if name not in known:
        return known
    builder = models.get_model_builder(name)
    taken = signature(get_type_hints(builder)["return"]).parameters
    # The initialisation of some takes long, and is written over in any case.
    wanted = {
        "num_classes": network.classes,
        "aux_logits": bool(network.aux),
        "init_weights": False,
    }
    options = {key: value for key, value in wanted.items() if key in taken}
    model: nn.Module = builder(weights=None, **options)
    return model


def _timm_model(name: str, network: Network) -> "nn.Module | list[str]":
    """The model of that name; without one the names that there are."""
    torchvision_models()  # timm imports torchvision
    timm: Any = import_module("timm")
    # create_model takes more than names: files, and addresses that it downloads from.
    if not timm.is_model(name):
        known: list[str] = timm.list_models()
        return known
    model: nn.Module = timm.create_model(name, pretrained=False, num_classes=network.classes)
    return model


def _misfit(
    analysis: Analysis, state: "Mapping[str, Tensor]", what: str, place: Span | None
) -> Diagnostic | None:
    """``what``, with the first of the differences between the state and the network's."""
    shapes = {key: list(tensor.shape) for key, tensor in state.items()}
    differences = list(state_differences(analysis, shapes))
    if not differences:
        return None
    more = len(differences) - 1
    notes = (f"and {counted(more, 'more difference')}",) if more else ()
    return Diagnostic(Code.DIFFERENT, f"{what}: {differences[0]}", place, notes=notes)


LIBRARIES: Mapping[str, Callable[[str, Network], "nn.Module | list[str]"]] = {
    "torchvision": _torchvision_model,
    "timm": _timm_model,
}
"""What makes a library's model of a name, or gives the names that there are."""
