"""Pydantic models for parts of a spec: the header, the paper, width, budget and arguments."""

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from archc.diagnostics import Replacement
from archc.language.sections.printed_numbers import parse_number
from archc.ops.activation import Activation
from archc.ops.window import Count

MAXIMUM_SIDE = 65_536
MAXIMUM_REPEATS = 10_000


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected one line of printable characters")
    return text


# A format names a notation, which the editor's schema defines.
Text = Annotated[
    str,
    Field(min_length=1, max_length=500),
    AfterValidator(_printable),
    WithJsonSchema({"format": "line of text"}),
]


class SpecModel(BaseModel):
    """Base class: strict types, frozen, no unknown keys."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, defer_build=True, arbitrary_types_allowed=True
    )


def _version(number: int) -> int:
    if number != 1:
        raise ValueError(f"this archc supports version 1 of the language, not {number}")
    return number


def _arxiv(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}\.[0-9]{4,5}", text):
        inside = re.search(r"[0-9]{4}\.[0-9]{4,5}", text)
        expected = (
            f"the identifier alone, {inside[0]}" if inside else "an identifier such as 1409.4842"
        )
        raise ValueError(f"expected {expected}, found {text[:40]}")
    return text


class InvalidInput(ValueError):
    """An input in another notation; ``hint`` says how to write it."""

    def __init__(self, value: object) -> None:
        super().__init__(
            "expected channels x height x width, such as 3x224x224, "
            f"each at most {MAXIMUM_SIDE:,}, found {str(value)[:40]}"
        )
        self.hint = _input_hint(str(value))


def _input(value: object) -> tuple[int, int, int]:
    parts = value.split("x") if isinstance(value, str) else []
    if len(parts) == 3 and all(re.fullmatch(r"[1-9][0-9]{0,8}", part) for part in parts):
        channels, height, width = map(int, parts)
        if max(channels, height, width) <= MAXIMUM_SIDE:
            return channels, height, width
    raise InvalidInput(value)


def _input_hint(text: str) -> Replacement | None:
    """Suggest how to write ``[3, 224, 224]``, ``(224, 224, 3)``, ``1x3x224x224``, ``224``."""
    text = re.sub(r"\s*[xX*\u00d7,;]\s*|\s+", "x", text.strip(" ()[]"))
    text = re.sub(r"\b0+(?=[0-9])", "", text.replace("x", " ")).replace(" ", "x")
    if not re.fullmatch("[1-9][0-9]{0,4}(x[1-9][0-9]{0,4}){0,3}", text):
        return None
    sides = text.split("x")
    if max(map(int, sides)) > MAXIMUM_SIDE:
        return None
    if (first := channels_first(text)) is not None:
        # A 3 at the end is for colours; 1 or 4 may be the width of a narrow image.
        return Replacement(first, f"channels come first: write {first}", sides[2] == "3")
    if len(sides) == 3:
        return Replacement(text, f"write {text}", safe=True)
    if len(sides) == 4:
        image = "x".join(sides[1:])
        image = channels_first(image) or image
        return Replacement(image, f"write {image}: the input is one image, not a batch", safe=False)
    size = f"{sides[0]}x{sides[-1]}"
    message = f"channels come first: write 3x{size} for colour images, 1x{size} for grey ones"
    return Replacement(f"3x{size}", message, safe=False)


def channels_first(text: str) -> str | None:
    """Return ``3x224x224`` for ``224x224x3``, or None if the order is not clear."""
    match = re.fullmatch(r"([0-9]+)x([0-9]+)x([134])", text, re.ASCII)
    if match is None or min(int(match[1]), int(match[2])) <= 4:
        return None
    return f"{match[3]}x{match[1]}x{match[2]}"


ARXIV = WithJsonSchema({"format": "arxiv"})


class Paper(SpecModel):
    """The paper that published the network."""

    title: Text
    """The paper's title."""
    authors: Text
    """The authors, such as Szegedy et al."""
    year: Annotated[int, Field(ge=1940, le=2100)]
    """The year of publication."""
    arxiv: Annotated[str, AfterValidator(_arxiv), ARXIV] | None = None
    """Its identifier on arXiv, in quotes, since it looks like a number: "1409.4842"."""
    table: Annotated[int, Field(ge=1, le=100)] | None = None
    """The number of the table in the spec's section `table`."""


class Header(SpecModel):
    """The top-level keys with a single value."""

    names: ClassVar[tuple[str, ...]] = ("name",)
    """Fields whose value is a name from the spec."""

    archc: Annotated[int, AfterValidator(_version), WithJsonSchema({"type": "integer", "const": 1})]
    """The version of the language."""
    name: Text
    """The generated class: letters, digits and underscores, starting with a capital."""
    about: Text = ""
    """A description of the network; it becomes the class's docstring."""
    input: Annotated[
        tuple[int, int, int], PlainValidator(_input), WithJsonSchema({"format": "input"})
    ]
    """Channels x height x width of an image, such as 3x224x224."""
    classes: Count
    """The number of classes; layers can use `classes` in place of a number."""


class ModuleHeader(SpecModel):
    """The fields of a module besides its columns and layers."""

    about: Text = ""
    """A description of the module; it becomes its class's docstring."""


class Width(SpecModel):
    """Scales the number of filters of every convolution, and rounds it to a multiple."""

    multiplier: Annotated[float, Field(gt=0, le=64)]
    """The factor for the number of filters of every convolution."""
    multiple: Count = 1
    """The result is rounded to the nearest multiple of this number, and is at least this number."""


def _quantity(value: object) -> int:
    """Parse ``5M`` or a whole number. Raises ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    number = parse_number(value) if isinstance(value, str) else None
    if number is None:
        text = re.sub(r"[\s_]", "", value).upper() if isinstance(value, str) else ""
        if isinstance(value, float) and value.is_integer() and value < 1e12:
            text = str(int(value))
        expected = text if parse_number(text) else "a whole number or one such as 5M or 1.5G"
        raise ValueError(f"expected {expected}, found {value!r:.60}")
    unit = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}[number.letter]
    scale: int = 10**number.decimals
    return number.digits * unit // scale


Quantity = Annotated[int, PlainValidator(_quantity), WithJsonSchema({"format": "quantity"})]


class Budget(SpecModel):
    """Upper limits for the cost of a network; K, M and G are powers of 1000."""

    params: Quantity | None = None
    """Learned parameters, without the auxiliary heads."""
    params_with_aux: Quantity | None = None
    """Learned parameters, including the auxiliary heads."""
    macs: Quantity | None = None
    """Multiply-accumulates for one image."""
    depth: Quantity | None = None
    """Layers with weights on the longest path."""
    activations: Quantity | None = None
    """Elements of all activations of one image."""


class ResidualArguments(SpecModel):
    """The fields of a Residual besides its layers."""

    scale: Annotated[float, Field(allow_inf_nan=False)] = 1.0
    """The factor of the layers' output before the shortcut is added."""
    activation: Activation | None = None
    """The activation after the sum, a kind or `none`."""


class RepeatArguments(SpecModel):
    """The fields of a Repeat besides its layer."""

    times: Annotated[int, Field(ge=1, le=MAXIMUM_REPEATS)]
    """The number of times to repeat the layer, numbered from 0."""


class AuxArguments(SpecModel):
    """The fields of an auxiliary head besides its layers."""

    names: ClassVar[tuple[str, ...]] = ("tap",)
    """Fields whose value is a name from the spec."""

    tap: Text
    """The row whose output the head reads."""
    loss_weight: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """The factor of the head's loss in the sum of losses."""
