"""How each operator is constructed in PyTorch; a file here for each family of the compiler's.

A file's ``EMITTERS`` says which function emits which operator.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from archc.ops.activation import Activation
from archc.ops.operator import Operator
from archc_backends.pytorch.operators.plain import FUNCTIONS
from archc_backends.pytorch.operators.site import Made, Site


def _discover() -> dict[type[Operator], Callable[[Site], Made]]:
    emitters: dict[type[Operator], Callable[[Site], Made]] = {}
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        emitters |= getattr(import_module(f"{__name__}.{file.stem}"), "EMITTERS", {})
    return emitters


EMITTERS = _discover()


def emit_operator(site: Site) -> Made:
    """The expression that constructs the operator. Raises KeyError for one without an emitter."""
    return EMITTERS[type(site.operator)](site)


def activated(activation: Activation, expression: str) -> str:
    """The expression with the activation applied to it."""
    return FUNCTIONS[type(activation)].format(expression)
