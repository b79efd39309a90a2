"""The parts of a spec that are one pydantic model each: the header, the paper, width, budget."""

import re
from typing import Annotated, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)

from archc.diagnostics import Replacement
from archc.language.sections.printed_table import parse_number
from archc.ops.activation import Activation
from archc.ops.window import Count

MAXIMUM_SIDE = 65_536
MAXIMUM_REPEATS = 10_000


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("should be one line of printable characters")
    return text


# A format is the name of a notation, which the editor's schema spells out.
Text = Annotated[
    str,
    Field(min_length=1, max_length=500),
    AfterValidator(_printable),
    WithJsonSchema({"format": "line of text"}),
]


class SpecModel(BaseModel):
    """Base of the models: strict, frozen, no unknown keys."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, defer_build=True, arbitrary_types_allowed=True
    )


def _version(number: int) -> int:
    if number != 1:
        raise ValueError(f"this archc reads version 1 of the language, not {number}")
    return number


def _arxiv(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}\.[0-9]{4,5}", text):
        inside = re.search(r"[0-9]{4}\.[0-9]{4,5}", text)
        like = (
            f"the identifier alone, {inside[0]}," if inside else "an identifier such as 1409.4842"
        )
        raise ValueError(f"{like} is needed, found {text[:40]}")
    return text


class NotAnInput(ValueError):
    """An input in another notation; ``hint`` tells how to write it in this one."""

    def __init__(self, value: object) -> None:
        found = f"found {str(value)[:40]}"
        super().__init__(
            "channels x height x width is needed, such as 3x224x224, "
            f"each at most {MAXIMUM_SIDE:,}, {found}"
        )
        self.hint = _input_hint(str(value))


def _input(value: object) -> tuple[int, int, int]:
    parts = value.split("x") if isinstance(value, str) else []
    if len(parts) == 3 and all(re.fullmatch(r"[1-9][0-9]{0,8}", part) for part in parts):
        channels, height, width = map(int, parts)
        if max(channels, height, width) <= MAXIMUM_SIDE:
            return channels, height, width
    raise NotAnInput(value)


def _input_hint(text: str) -> Replacement | None:
    """How to write ``[3, 224, 224]``, ``(224, 224, 3)``, ``1x3x224x224`` or ``224``."""
    text = re.sub(r"\s*[xX*\u00d7,;]\s*|\s+", "x", text.strip(" ()[]"))
    text = re.sub(r"\b0+(?=[0-9])", "", text.replace("x", " ")).replace(" ", "x")
    if not re.fullmatch("[1-9][0-9]{0,4}(x[1-9][0-9]{0,4}){0,3}", text):
        return None
    sides = text.split("x")
    if max(map(int, sides)) > MAXIMUM_SIDE:
        return None
    if (first := channels_first(text)) is not None:
        # Three channels at the end are colours; one or four may be a narrow height.
        return Replacement(first, f"channels come first: write {first}", sides[2] == "3")
    if len(sides) == 3:
        return Replacement(text, f"write {text}", safe=True)
    if len(sides) == 4:
        image = "x".join(sides[1:])
        image = channels_first(image) or image
        return Replacement(image, f"write {image}: the input is one image, no batch", safe=False)
    size = f"{sides[0]}x{sides[-1]}"
    words = f"channels come first: write 3x{size} for colour images, 1x{size} for grey ones"
    return Replacement(f"3x{size}", words, safe=False)


def channels_first(text: str) -> str | None:
    """``3x224x224`` for ``224x224x3``; None for what does not look like an image of that order."""
    match = re.fullmatch(r"([0-9]+)x([0-9]+)x([134])", text, re.ASCII)
    if match is None or min(int(match[1]), int(match[2])) <= 4:
        return None
    return f"{match[3]}x{match[1]}x{match[2]}"


ARXIV = WithJsonSchema({"format": "arxiv"})


class Paper(SpecModel):
    """Where the network was published."""

    title: Text
    """The paper's title."""
    authors: Text
    """Who wrote it, such as Szegedy et al."""
    year: Annotated[int, Field(ge=1940, le=2100)]
    """The year of publication."""
    arxiv: Annotated[str, AfterValidator(_arxiv), ARXIV] | None = None
    """Its identifier on arXiv, in quotes, since it looks like a number: "1409.4842"."""
    table: Annotated[int, Field(ge=1, le=100)] | None = None
    """The number of the table that the spec's `table` holds."""


class Header(SpecModel):
    """The keys that stand once at the top of a spec."""

    names: ClassVar[tuple[str, ...]] = ("name",)
    """The fields that are names of the spec's own."""

    archc: Annotated[int, AfterValidator(_version), WithJsonSchema({"type": "integer", "const": 1})]
    """The version of the language."""
    name: Text
    """The class that is generated: letters, digits and underscores, a capital first."""
    about: Text = ""
    """What the network is; it becomes the class's docstring."""
    input: Annotated[
        tuple[int, int, int], PlainValidator(_input), WithJsonSchema({"format": "input"})
    ]
    """Channels x height x width of an image, such as 3x224x224."""
    classes: Count
    """How many classes the network tells apart; `classes` may stand where a count may."""


class ModuleHeader(SpecModel):
    """What a module says of itself beside its columns and layers."""

    about: Text = ""
    """What the module is; it becomes its class's docstring."""


class Width(SpecModel):
    """A factor on every number of filters, which is rounded to a multiple."""

    multiplier: Annotated[float, Field(gt=0, le=64)]
    """What the number of filters of every convolution is multiplied by."""
    multiple: Count = 1
    """What the result is rounded to the nearest multiple of, at least one."""


def _quantity(value: object) -> int:
    """``5M`` or a whole number. Raises ValueError on anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    number = parse_number(value) if isinstance(value, str) else None
    if number is None:
        meant = re.sub(r"[\s_]", "", value).upper() if isinstance(value, str) else ""
        if isinstance(value, float) and value.is_integer() and value < 1e12:
            meant = str(int(value))
        like = meant if parse_number(meant) else "a whole number, or such as 5M or 1.5G,"
        raise ValueError(f"{like} is needed, found {value!r:.60}")
    unit = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}[number.letter]
    scale: int = 10**number.decimals
    return number.digits * unit // scale


Quantity = Annotated[int, PlainValidator(_quantity), WithJsonSchema({"format": "quantity"})]


class Budget(SpecModel):
    """The most that a network may cost; K, M and G stand for powers of 1000."""

    params: Quantity | None = None
    """Learned numbers, without the auxiliary heads."""
    params_with_aux: Quantity | None = None
    """Learned numbers, the auxiliary heads included."""
    macs: Quantity | None = None
    """Multiply-accumulates for one image."""
    depth: Quantity | None = None
    """Layers with weights on the longest way."""
    activations: Quantity | None = None
    """Elements of all activations of one image."""


class ResidualArguments(SpecModel):
    """What a Residual takes beside its layers."""

    scale: Annotated[float, Field(allow_inf_nan=False)] = 1.0
    """What the layers are multiplied by before the shortcut is added."""
    activation: Activation | None = None
    """What follows the sum, a kind or `none`."""


class RepeatArguments(SpecModel):
    """What a Repeat takes beside its layer."""

    times: Annotated[int, Field(ge=1, le=MAXIMUM_REPEATS)]
    """How many times the layer stands one after the other, numbered from 0."""


class AuxArguments(SpecModel):
    """What an auxiliary head takes beside its layers: where it taps, and its part in the loss."""

    names: ClassVar[tuple[str, ...]] = ("tap",)
    """The fields that are names of the spec's own."""

    tap: Text
    """The row whose output the head reads."""
    loss_weight: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """What the head's loss is multiplied by in the sum of losses."""
