"""What every operator is: its fields, the shape it gives, what it costs."""

from typing import ClassVar, NamedTuple, final

from pydantic import BaseModel, ConfigDict

Shape = tuple[int, ...]
"""(channels, height, width), or (features,) once flattened."""

Pair = tuple[int, int]
"""(vertical, horizontal)."""


@final
class Unfit(NamedTuple):
    """Why an operator cannot take a shape: what is wrong, the arithmetic, what would help."""

    message: str
    note: str | None = None
    hint: str | None = None


class Cost(NamedTuple):
    """Exact integers for one image.

    ``weights``, ``biases`` and ``norm`` count learnable scalars; ``macs`` the multiply-accumulates
    of convolutions and linear layers, without bias adds. What pools, norms and activations do is
    counted apart: window elements read, elements scaled or normalised, elements activated.
    """

    weights: int = 0
    biases: int = 0
    norm: int = 0
    macs: int = 0
    pool_ops: int = 0
    norm_ops: int = 0
    activation_ops: int = 0

    @property
    def params(self) -> int:
        """Every learnable scalar."""
        return self.weights + self.biases + self.norm


class Tensor(NamedTuple):
    """One entry of an operator's state: its name below the layer's path, and its shape.

    ``learned`` is False for the buffers of a norm (running statistics).
    """

    name: str
    shape: Shape
    learned: bool = True


class Reach(NamedTuple):
    """The window through which an output element sees the input, and the step between windows."""

    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)


POINTWISE = Reach()
FREE = Cost()


class Operator(BaseModel):
    """Base of all operators; the class's name is the kind that a spec writes.

    A subclass's fields are the keys that a layer of its kind may have; ``primary`` is the field
    whose value stands behind the kind itself, as in ``Conv: 3x3``.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
        allow_inf_nan=False,
        use_attribute_docstrings=False,
    )

    primary: ClassVar[str | None] = None
    channels: ClassVar[str | None] = None
    """The field that sets the number of output channels; None where the input's are kept."""
    depth: ClassVar[int] = 0
    """How many layers with weights this counts for, in the paper's sense of depth."""
    column_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that a module's column may fill: numbers that become arguments of its class."""
    is_view: ClassVar[bool] = False
    """Whether at inference what comes out are the elements that went in, none read or written."""
    layer_fields: ClassVar[tuple[str, ...]] = ()
    """Fields whose value is itself a layer, such as the norm of a convolution."""

    @classmethod
    def replaced_by(cls, primary: object) -> tuple[str, ...]:
        """The defaults that do not apply where ``primary`` stands behind the kind."""
        return ()

    def output(self, shape: Shape) -> Shape | Unfit:
        """The shape that comes out when ``shape`` goes in, or why it does not fit."""
        return shape

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """What the layer costs for one image that goes in as ``shape``."""
        return FREE

    def state(self, shape: Shape) -> tuple[Tensor, ...]:
        """Parameters and buffers, in state_dict order, when ``shape`` goes in."""
        return ()

    def reach(self, shape: Shape) -> Reach:
        """Kernel and stride, for the receptive field."""
        return POINTWISE

    @property
    def notation(self) -> str:
        """The paper's patch size/stride column, such as ``7x7/2``; empty where it has none."""
        return ""


def spatial(shape: Shape, kind: str) -> Unfit | None:
    """Why ``kind``, which needs height and width, cannot take ``shape``; None where it can."""
    if len(shape) == 3:
        return None
    return Unfit(
        f"{kind} needs channels, height and width, and is given {shape[0]} features",
        hint="put it before the Flatten or Linear",
    )


def written(shape: Shape) -> str:
    """The shape as CxHxW, or the bare number of features."""
    return "x".join(str(size) for size in shape)
