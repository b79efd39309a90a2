"""The bytes of a model, put together without a copy of its weights on the way.

A message is its fields behind each other in any order, each with its number, its length and its
content. The library would copy the weights five times: array, tensor, graph, model, bytes.
"""

from typing import Any

from onnx import GraphProto, ModelProto, TensorProto

Parts = list[bytes | memoryview]
"""Pieces of a file in their order."""

_LENGTH_DELIMITED = 2


def model_bytes(head: ModelProto, graph: GraphProto, initializers: list[Parts]) -> bytes:
    """The whole model: ``head`` is all but the graph, ``graph`` all but its initializers.

    ``head`` comes first.
    """
    inner: Parts = [_serialized(graph)]
    for initializer in initializers:
        inner += _field(GraphProto, "initializer", initializer)
    return b"".join([_serialized(head), *_field(ModelProto, "graph", inner)])


def tensor_parts(tensor: TensorProto, raw: memoryview | None = None) -> Parts:
    """The tensor with its numbers, where they do not stand in another file."""
    numbers = [] if raw is None else _field(TensorProto, "raw_data", [raw])
    return [_serialized(tensor), *numbers]


def _field(message: Any, name: str, parts: Parts) -> Parts:
    number: int = message.DESCRIPTOR.fields_by_name[name].number
    tag = number << 3 | _LENGTH_DELIMITED
    return [_varint(tag) + _varint(sum(map(len, parts))), *parts]


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(digits) + bytes((number,))


def _serialized(message: Any) -> bytes:
    content: bytes = message.SerializeToString(deterministic=True)
    return content
