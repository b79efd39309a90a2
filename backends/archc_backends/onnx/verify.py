"""Compares an ONNX file with the analysis: ONNX's checker, its shapes and weights, and a run."""

from collections.abc import Iterator
from hashlib import file_digest
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

import onnx
from onnx import ModelProto, TensorProto, helper, shape_inference

from archc.analyses import Analysis
from archc.checks.checkpoints.state import show_key
from archc.diagnostics import Code, Diagnostic
from archc.driver.files.stamps import STAMP_LIMIT
from archc.ops.operator import Tensor, format_shape
from archc_backends.common.network import final_softmax
from archc_backends.onnx.graph import IMAGES, LOGITS, PROBABILITIES, build_graph
from archc_backends.onnx.model import BATCH, WEIGHTS_DIGEST
from archc_backends.onnx.operators import steps_of

_SHOWN = 5
_FEW = 16
_BATCHES = (1, 3)

Values = dict[str, list[Any]]
"""The shape of every value by name. The batch is the only side that is not a number."""


def verify_file(analysis: Analysis, file: Path) -> list[Diagnostic] | str:
    """Report the first differences between the file and the analysis.

    Without differences, return a text that says what was compared.
    """
    try:
        onnx.checker.check_model(str(file), full_check=True)
        model = onnx.load(str(file), load_external_data=False)
        foreign = _foreign_weights(model, file)
        inferred = _inferred(model)
    except Exception as error:  # from protobuf, the checker or the file system
        return [Diagnostic(Code.DIFFERENT, f"{file}: rejected by ONNX: {_one_line(error)}")]
    found = [*foreign, *_differences(analysis, model, inferred)]
    kind = helper.tensor_dtype_to_np_dtype(model.graph.input[0].type.tensor_type.elem_type).name
    not_run = ""
    if find_spec("onnxruntime") is None:
        not_run = ", not run: ONNX Runtime is not installed"
    elif kind == "float64":
        not_run = ", not run: ONNX Runtime has no convolutions in float64"
    elif not found:
        found += _run(analysis, file, kind)
    diagnostics = [Diagnostic(Code.DIFFERENT, f"{file}: {words}") for words in found[:_SHOWN]]
    if len(found) > _SHOWN:
        message = f"{file}: {len(found) - _SHOWN} more differences"
        diagnostics.append(Diagnostic(Code.DIFFERENT, message))
    return diagnostics or (
        "every layer's shape, every parameter, and the total: "
        f"{analysis.cost.params:,} params{not_run}"
    )


def _foreign_weights(model: ModelProto, file: Path) -> list[str]:
    """Report a second file with weights that is from another build than the model."""
    digests = {entry.value for entry in model.metadata_props if entry.key == WEIGHTS_DIGEST}
    places = (tensor.external_data for tensor in model.graph.initializer)
    names = {entry.value for place in places for entry in place if entry.key == "location"}
    for name in sorted(names) if digests else ():
        with (file.parent / name).open("rb") as opened:
            opened.seek(STAMP_LIMIT)
            if file_digest(opened, "sha256").hexdigest() not in digests:
                return [f"the weights in {name} are from another build: build again"]
    return []


def _inferred(model: ModelProto) -> Values:
    """Infer all shapes with ONNX, ignoring the shapes declared in the file.

    Removes the weights from the model, since inference would copy them. Keeps values that shapes
    may depend on: integers, and small tensors such as the scales of a Resize.
    """
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.INT64 and prod(tensor.dims) > _FEW:
            tensor.ClearField("raw_data")
    bare = ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = _values(shape_inference.infer_shapes(bare, strict_mode=True, data_prop=True))
    for shape in inferred.values():
        # ONNX loses the batch's name at a Resize; running the file checks the batch.
        if shape and str(shape[0]).startswith("unk__"):
            shape[0] = BATCH
    return inferred


def _values(model: ModelProto) -> Values:
    graph = model.graph
    return {
        value.name: [side.dim_param or side.dim_value for side in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.value_info, *graph.output)
    }


def _differences(analysis: Analysis, model: ModelProto, inferred: Values) -> Iterator[str]:
    """Describe where the file's shapes and parameters differ from the analysis."""
    declared = _values(model)
    for name, shape in inferred.items():
        if declared.get(name) != shape:
            yield f"{show_key(name)} is declared as {declared.get(name)}, ONNX infers {shape}"
    expected = dict(_outputs(analysis, model))
    expected[IMAGES] = [BATCH, *analysis.network.input]
    for name, analysed in expected.items():
        if inferred.get(name) != analysed:
            yield f"the shape of {name} is {inferred.get(name)}, expected {analysed}"
    found = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    known = {key for key, _ in _state(analysis)} | build_graph(analysis).constants.keys()
    for name in sorted(found.keys() - known):
        yield f"unknown tensor {show_key(name)}"
    params = 0
    for key, tensor in _state(analysis):
        held = found.get(key)
        if held != tensor.shape:
            words = "is missing" if held is None else f"has the shape {format_shape(held)}"
            yield f"{key} {words}, expected {format_shape(tensor.shape)}"
        elif tensor.learned:
            params += prod(held)
    if params != analysis.cost.params:
        yield f"the file has {params:,} params, expected {analysis.cost.params:,}"


def _outputs(analysis: Analysis, model: ModelProto) -> Iterator[tuple[str, list[Any]]]:
    """Yield the name and expected shape of each layer's output."""
    last = {}
    for node in model.graph.node:
        # The node of a layer is named after its path; several nodes have names below it.
        last[node.name.rpartition(".")[0]] = last[node.name] = node.output[0]
    for row in analysis.rows:
        for layer in row.layers:
            path = layer.op.path
            if any(steps_of(layer.op.operator, layer.input, layer.output)):
                yield last.get(path, path), [BATCH, *layer.output]
    softmax = final_softmax(analysis.network)
    yield LOGITS, [BATCH, *analysis.rows[-2 if softmax else -1].output]
    if softmax:
        yield PROBABILITIES, [BATCH, *analysis.rows[-1].output]


def _state(analysis: Analysis) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors that inference reads, by key: no counters, no auxiliary heads."""
    for row in analysis.rows:
        for layer in row.layers:
            for tensor in layer.op.operator.state(layer.input):
                if tensor.shape:
                    yield f"{layer.op.path}.{tensor.name}", tensor


def _run(analysis: Analysis, file: Path, kind: str) -> Iterator[str]:
    """Run random images in ONNX Runtime, and describe wrong outputs."""
    import numpy as np
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime does not export its exceptions
        yield f"rejected by ONNX Runtime: {_one_line(error)}"
        return
    names = [output.name for output in session.get_outputs()]
    for batch in _BATCHES:
        shape = (batch, *analysis.network.input)
        images = np.random.RandomState(0).random_sample(shape).astype(kind)
        for name, output in zip(names, session.run(names, {IMAGES: images}), strict=True):
            if list(output.shape) != [batch, *analysis.rows[-1].output]:
                yield f"{name} has the shape {list(output.shape)} for {batch} images"
            elif not np.isfinite(output).all():
                yield f"{name} is not finite for random images"


def _one_line(error: Exception) -> str:
    return show_key(" ".join(str(error).split()))
