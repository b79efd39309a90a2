"""Serialises a model without copying its weights.

A protobuf message is a sequence of fields in any order, each with its number, length and content.
The library would copy the weights five times: array, tensor, graph, model, bytes.
"""

from typing import Any

from onnx import GraphProto, ModelProto, TensorProto

Parts = list[bytes | memoryview]
"""Pieces of a file in order."""

_LENGTH_DELIMITED = 2


def model_bytes(head: ModelProto, graph: GraphProto, initializers: list[Parts]) -> bytes:
    """Serialise a model: ``head`` first, then ``graph`` with its initializers.

    ``head`` is the model without its graph, ``graph`` has no initializers.
    """
    inner: Parts = [_serialized(graph)]
    for initializer in initializers:
        inner += _field(GraphProto, "initializer", initializer)
    return b"".join([_serialized(head), *_field(ModelProto, "graph", inner)])


def tensor_parts(tensor: TensorProto, raw: memoryview | None = None) -> Parts:
    """Serialise a tensor, with its data unless that is in another file."""
    numbers = [] if raw is None else _field(TensorProto, "raw_data", [raw])
    return [_serialized(tensor), *numbers]


def _field(message: Any, name: str, parts: Parts) -> Parts:
    number: int = message.DESCRIPTOR.fields_by_name[name].number
    tag = number << 3 | _LENGTH_DELIMITED
    return [_varint(tag) + _varint(sum(map(len, parts))), *parts]


def _varint(number: int) -> bytes:
    """Encode seven bits in each byte, lowest first; the eighth bit says that more follow."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(digits) + bytes((number,))


def _serialized(message: Any) -> bytes:
    content: bytes = message.SerializeToString(deterministic=True)
    return content
