"""ONNX Runtime and OpenVINO as runtimes of ``archc bench``."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

from archc.analyses import Analysis
from archc.bench.runtimes import Mode, Role, Session, Workload
from archc.checks.checkpoints.state import expected_state
from archc.diagnostics import Diagnostic
from archc.driver.backend import Options
from archc.driver.optimize import DEPLOY, optimize
from archc_backends.common.workload import Passes, images, random_state
from archc_backends.onnx.backend import ONNX
from archc_backends.onnx.graph import IMAGES, LOGITS

NETWORKS: tuple[tuple[str, Role], ...] = (("plain", "written"), ("deploy", "optimized"))


class ONNXRuntime:
    """ONNX Runtime on a CPU."""

    def modes(self, analysis: Analysis, workload: Workload) -> tuple[Mode, ...]:
        """Return the network as written and optimised, for inference on a CPU."""
        if workload.train or workload.device != "cpu" or not _installed("onnxruntime"):
            return ()
        return tuple(Mode(f"ONNX Runtime, {name}", role) for name, role in NETWORKS)

    def start(
        self, analysis: Analysis, workload: Workload, mode: Mode
    ) -> "Session | list[Diagnostic]":
        """Start a session with the workload's number of threads."""
        model = emitted(analysis, mode)
        if isinstance(model, list):
            return model
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = workload.threads
        session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
        inputs = {IMAGES: images(analysis, workload)}
        return _passes(lambda: session.run([LOGITS], inputs)[0])


class OpenVINO:
    """OpenVINO on a CPU."""

    def modes(self, analysis: Analysis, workload: Workload) -> tuple[Mode, ...]:
        """Return the same modes as ONNX Runtime, and for half precision also bfloat16."""
        if workload.train or workload.device != "cpu" or not _installed("openvino"):
            return ()
        modes = [Mode(f"OpenVINO, {name}", role) for name, role in NETWORKS]
        if workload.half:
            modes.append(Mode("OpenVINO, deploy, bfloat16", "optimized", "bfloat16"))
        return tuple(modes)

    def start(
        self, analysis: Analysis, workload: Workload, mode: Mode
    ) -> "Session | list[Diagnostic]":
        """Start the compiled model with an explicit type: OpenVINO may choose bfloat16 itself."""
        model = emitted(analysis, mode)
        if isinstance(model, list):
            return model
        import openvino

        settings = {
            "INFERENCE_NUM_THREADS": workload.threads,
            "INFERENCE_PRECISION_HINT": "f32" if mode.dtype == "float32" else "bf16",
            "PERFORMANCE_HINT": "LATENCY",
        }
        core = openvino.Core()
        read = core.read_model(model)
        read.reshape([workload.batch, *analysis.network.input])
        request = core.compile_model(read, "CPU", settings).create_infer_request()
        inputs = {IMAGES: images(analysis, workload)}
        return _passes(partial(_inferred, request, inputs))


def emitted(analysis: Analysis, mode: Mode) -> bytes | list[Diagnostic]:
    """Return the emitted model with the workload's weights."""
    weights = random_state(analysis)
    state = {key: weights.get(key) for key in expected_state(analysis)}
    options = Options("workload", weights=state)
    if mode.role == "optimized":
        optimized = optimize(analysis, DEPLOY)
        options = options._replace(optimized=optimized)
        analysis = optimized.analysis
    files = ONNX().emit(analysis, options)
    return files if isinstance(files, list) else files["workload.onnx"]


def _installed(package: str) -> bool:
    return all(map(find_spec, ("onnx", package)))


def _inferred(request: Any, inputs: Any) -> Any:
    return request.infer(inputs)[LOGITS]


def _passes(run: Callable[[], Any]) -> Passes:
    return Passes(run, lambda: [run().ravel().tolist()])


onnx_runtime = ONNXRuntime()
openvino = OpenVINO()
