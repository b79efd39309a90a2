"""Graph and weights → an ONNX model as bytes."""

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper

from archc import __version__
from archc.analyses import Analysis
from archc.diagnostics import Diagnostic
from archc.diagnostics.wording import join_words
from archc.driver.backend import Options
from archc.driver.files.stamps import STAMP_LIMIT, digest_of
from archc.ops.operator import Shape
from archc_backends.common.network import citation, size
from archc_backends.common.optimized import headline, summary
from archc_backends.onnx.conversion import optimized_arrays
from archc_backends.onnx.graph import IMAGES, Graph, Node, build_graph
from archc_backends.onnx.protobuf import Parts, model_bytes, tensor_parts
from archc_backends.onnx.weights import checkpoint_arrays, initial_arrays

if TYPE_CHECKING:
    from archc_backends.onnx.weights import Array

OPSET = 17
"""The opset of ONNX 1.12: old enough for runtimes in use, with everything operators need."""
IR_VERSION = 8
MAXIMUM_BYTES = 2_000_000_000
"""Above this size, weights go into a second file: a protocol buffer ends at 2 GiB."""
BATCH = "batch"
WEIGHTS_DIGEST = "weights_sha256"
"""The property with the digest of the second file, without its first STAMP_LIMIT bytes."""
_SMALL = 1024
_PAGE = 4096


def write_model(analysis: Analysis, options: Options) -> dict[str, bytes] | list[Diagnostic]:
    """Return the files of the model, or diagnostics if the weights do not fit."""
    graph = build_graph(analysis)
    arrays = _weights(analysis, graph, options)
    if isinstance(arrays, list):
        return arrays
    kind = next((array.dtype for array in arrays.values()), np.dtype(np.float32))
    for name, constant in graph.constants.items():
        arrays[name] = np.asarray(constant.values, constant.type or kind)
    outside = sum(array.nbytes for array in arrays.values()) > MAXIMUM_BYTES
    name, beside = f"{options.stem}.onnx", f"{options.stem}.onnx.data"
    external = _WeightsFile(options.stamp, beside) if outside else None
    tensors = []
    for key, array in arrays.items():
        tensor, raw = _without_data(key, array), _raw_bytes(array)
        if external is None or array.nbytes < _SMALL:
            tensors.append(tensor_parts(tensor, raw))
        else:
            external.place(tensor, raw)
            tensors.append(tensor_parts(tensor))
    head = _model_without_graph(analysis, options)
    if external is not None:
        head.metadata_props.add(key=WEIGHTS_DIGEST, value=external.digest)
    content = model_bytes(head, _graph_without_weights(analysis, graph, kind), tensors)
    return {name: content} if external is None else {name: content, beside: external.content()}


def read_model(content: bytes) -> ModelProto:
    """Parse a model that has its weights in the same file."""
    model: ModelProto = ModelProto.FromString(content)
    return model


def _weights(
    analysis: Analysis, graph: Graph, options: Options
) -> "dict[str, Array] | list[Diagnostic]":
    """Return the weights that the graph reads, converted if the network is optimised."""
    optimized = options.optimized
    written = optimized.original if optimized else analysis
    keys = build_graph(written).state if optimized else graph.state
    if options.weights is None:
        arrays = initial_arrays(written, keys)
    else:
        loaded = checkpoint_arrays(written, keys, options.weights)
        if isinstance(loaded, list):
            return loaded
        arrays = loaded
    if optimized is None:
        return arrays
    converted = optimized_arrays(optimized, arrays, graph.state)
    return [converted] if isinstance(converted, Diagnostic) else converted


def _model_without_graph(analysis: Analysis, options: Options) -> ModelProto:
    """Return the model without its graph: the stamp first, then descriptions and metadata."""
    network, optimized = analysis.network, options.optimized
    name = headline(optimized) if optimized else f"{network.name}."
    paragraphs = [options.stamp.rstrip("\n"), f"{name} {network.about}".strip()]
    paragraphs += [summary(optimized, inference=True)] if optimized else []
    paragraphs += [citation(network), size(analysis, f"{analysis.cost.params:,} parameters")]
    written = optimized.original if optimized else analysis
    paragraphs.append(f"As it is at inference{_left_out(written)}.")
    trained = options.weights is not None
    if not trained:
        paragraphs.append("Its weights are as before training, drawn with fixed seeds.")
    model = ModelProto(
        ir_version=IR_VERSION,
        producer_name="archc",
        producer_version=__version__,
        doc_string="\n\n".join(filter(None, paragraphs)),
        opset_import=[helper.make_opsetid("", OPSET)],
    )
    properties = {
        "archc_version": __version__,
        "spec": network.sources[0].name.replace("\\", "/").rpartition("/")[2],
        "spec_sha256": digest_of(network.sources),
        "weights": "given" if trained else "initial",
    }
    if optimized:
        properties["recipe"] = optimized.recipe.option
    helper.set_model_props(model, properties)
    return model


def _left_out(analysis: Analysis) -> str:
    what = [f"the auxiliary head {head.name}" for head in analysis.network.aux]
    if any(op.operator.training_only for op in analysis.shapes.ops):
        what.append("dropout")
    return f", without {join_words(what)}" if what else ""


def _graph_without_weights(analysis: Analysis, graph: Graph, kind: "np.dtype[Any]") -> GraphProto:
    """Return the graph without initializers."""
    number = helper.np_dtype_to_tensor_dtype(kind)

    def typed(name: str, shape: Shape) -> ValueInfoProto:
        return helper.make_tensor_value_info(name, number, (BATCH, *shape))

    values = [(name, shape) for node in graph.nodes for name, shape in node.outputs.items()]
    return helper.make_graph(
        [_node(node) for node in graph.nodes],
        analysis.network.name,
        [typed(IMAGES, analysis.network.input)],
        [typed(name, shape) for name, shape in graph.outputs.items()],
        value_info=[typed(name, shape) for name, shape in values if name not in graph.outputs],
    )


def _node(node: Node) -> Any:
    attributes: dict[str, Any] = dict(node.attributes)
    return helper.make_node(node.kind, node.inputs, [*node.outputs], node.name, **attributes)


def _without_data(name: str, array: "Array") -> TensorProto:
    """Return the tensor without its data."""
    number = helper.np_dtype_to_tensor_dtype(array.dtype)
    return TensorProto(name=name, data_type=number, dims=array.shape)


def _raw_bytes(array: "Array") -> memoryview:
    """Return the data as ONNX stores it, little-endian, copied only if necessary."""
    ordered = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return ordered.reshape(-1).view(np.uint8).data


class _WeightsFile:
    """The second file with the weights: a stamp, then each tensor at the start of a page."""

    def __init__(self, stamp: str, location: str) -> None:
        self.location = location
        self._parts: Parts = [stamp.encode().ljust(STAMP_LIMIT, b"\0")]
        self._length = STAMP_LIMIT
        self._digest = sha256()

    @property
    def digest(self) -> str:
        """Return the digest of all tensors in the file."""
        return self._digest.hexdigest()

    def place(self, tensor: TensorProto, raw: memoryview) -> None:
        """Add the tensor's data, and store its place in the tensor."""
        place = {"location": self.location, "offset": self._length, "length": len(raw)}
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        for part in (raw, bytes(-len(raw) % _PAGE)):
            self._parts.append(part)
            self._digest.update(part)
            self._length += len(part)

    def content(self) -> bytes:
        """Return the content of the file."""
        return b"".join(self._parts)
