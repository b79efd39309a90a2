"""How PyTorch constructs each operator, one file for each family of the compiler's operators.

A file may define:

- ``EMITTERS``: the function that constructs each operator as a module, from its ``EmitContext``;
- ``FUNCTIONS``: the function that applies each activation to an expression, for activations that
  end a layer or follow a sum;
- ``HELPERS``: names of generated helper classes, apart from those named after an operator;
- ``TORCH``: functions that its helper classes call, such as ``torch.roll``, apart from those that
  every generated file may call.
"""

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from archc.ops.activation import Activation
from archc.ops.operator import Operator
from archc_backends.pytorch.emit.expressions import Expression
from archc_backends.pytorch.emit.operators.context import EmitContext, EmittedModule

Emitter = Callable[[EmitContext], EmittedModule]
Function = Callable[[Any, Expression], Expression]


def emit_operator(context: EmitContext) -> EmittedModule:
    """The expression that constructs the operator."""
    return emitters()[type(context.operator)](context)


def apply_activation(activation: Activation, expression: Expression) -> Expression:
    """The activation, applied to the expression."""
    return functions()[type(activation)](activation, expression)


@cache
def emitters() -> dict[type[Operator], Emitter]:
    """The emitter of each operator."""
    return {kind: emit for table in _defined("EMITTERS") for kind, emit in table.items()}


@cache
def functions() -> dict[type[Operator], Function]:
    """The function of each activation."""
    return {kind: call for table in _defined("FUNCTIONS") for kind, call in table.items()}


@cache
def helper_names() -> tuple[str, ...]:
    """Names of helper classes, apart from those named after an operator."""
    return tuple(name for names in _defined("HELPERS") for name in names)


@cache
def torch_functions() -> frozenset[str]:
    """The functions of torch that helper classes call."""
    return frozenset(name for names in _defined("TORCH") for name in names)


def _defined(name: str) -> Iterator[Any]:
    """What each file of this folder defines under the name."""
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        file = import_module(f"{__name__}.{path.stem}")
        if hasattr(file, name):
            yield getattr(file, name)
