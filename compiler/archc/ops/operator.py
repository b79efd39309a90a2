"""The base of all operators: their fields, the shape they give and what they cost."""

from typing import Any, ClassVar, NamedTuple, final

from pydantic import BaseModel, ConfigDict

from archc.ops.family import Family, default_family

Shape = tuple[int, ...]
"""(channels, height, width), or (features,) after a Flatten or Linear."""

Pair = tuple[int, int]
"""(vertical, horizontal)."""


@final
class ShapeMismatch(NamedTuple):
    """Why an operator cannot take a shape, with the arithmetic and perhaps a hint.

    ``output`` returns it in place of a shape; nothing raises it.
    """

    message: str
    note: str | None = None
    hint: str | None = None


class Cost(NamedTuple):
    """Exact integers for one image.

    ``weights``, ``biases`` and ``norm_params`` count learnable scalars. ``macs`` counts the
    multiply-accumulates of convolutions and linear layers, without bias additions. The others count
    the work of pools, norms and activations: window elements read, elements scaled or normalised,
    elements activated.
    """

    weights: int = 0
    biases: int = 0
    norm_params: int = 0
    macs: int = 0
    pool_ops: int = 0
    norm_ops: int = 0
    activation_ops: int = 0

    @property
    def params(self) -> int:
        """The number of learnable scalars."""
        return self.weights + self.biases + self.norm_params


class Tensor(NamedTuple):
    """An entry of an operator's state_dict: its name below the layer's path, and its shape.

    ``learned`` is False for buffers, such as a norm's running statistics.
    """

    name: str
    shape: Shape
    learned: bool = True


class ReceptiveWindow(NamedTuple):
    """The window of the input that one output element sees, and the step between windows."""

    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)


POINTWISE = ReceptiveWindow()
FREE = Cost()


class Operator(BaseModel):
    """Base of all operators. The name of a subclass is the kind that a spec writes.

    Its fields are the keys that a layer of this kind takes. ``positional_field`` names the field
    whose value follows the kind itself, as in ``Conv: 3x3``.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
        allow_inf_nan=False,
        use_attribute_docstrings=False,
    )

    family: ClassVar[Family]
    """Its colour and words in pictures; by default a family named after the file."""
    positional_field: ClassVar[str | None] = None
    channels_field: ClassVar[str | None] = None
    """The field that sets the number of output channels; None if the input decides it."""
    depth: ClassVar[int] = 0
    """How many layers with weights this counts for, in the paper's sense of depth."""
    column_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that a module's column may fill. They become arguments of the generated class."""
    is_view: ClassVar[bool] = False
    """Whether it changes at most the shape at inference, without reading or writing elements."""
    training_only: ClassVar[bool] = False
    """Whether it does nothing at inference, so that an optimised network leaves it out."""
    layer_fields: ClassVar[tuple[str, ...]] = ()
    """Fields whose value is itself an operator, such as the norm of a convolution."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "family"):
            cls.family = default_family(cls.__module__)

    @classmethod
    def overridden_defaults(cls, value: object) -> tuple[str, ...]:
        """The fields whose defaults do not apply if ``value`` follows the kind."""
        return ()

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """The output shape for the input ``shape``, or why it does not fit."""
        return shape

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """The cost for one image with the input ``shape``."""
        return FREE

    def state(self, shape: Shape) -> tuple[Tensor, ...]:
        """Parameters and buffers for the input ``shape``, in state_dict order."""
        return ()

    def receptive_window(self, shape: Shape) -> ReceptiveWindow:
        """Kernel and stride, for the receptive field."""
        return POINTWISE

    @property
    def notation(self) -> str:
        """The paper's patch size/stride column, such as ``7x7/2``; empty if it has none."""
        return ""


def spatial_mismatch(shape: Shape, kind: str) -> ShapeMismatch | None:
    """Why ``kind``, which needs height and width, cannot take ``shape``; None if it can."""
    if len(shape) == 3:
        return None
    return ShapeMismatch(
        f"{kind} needs channels, height and width, but its input is {shape[0]} features",
        hint="put it before the Flatten or Linear",
    )


def format_shape(shape: Shape) -> str:
    """The shape as CxHxW, or the bare number of features."""
    return "x".join(str(size) for size in shape)
