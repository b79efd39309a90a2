"""The backend's face towards the compiler."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.analyses import Analysis
from archc.diagnostics import Diagnostic, SpecError
from archc.driver.backend import Options
from archc_backends.common.requirements import require

if TYPE_CHECKING:
    from archc.driver.optimize import Optimized


class ONNX:
    """Emits ``<stem>.onnx``, a model with its weights, which carries its own stamp."""

    comment = ""
    options = frozenset({"weights", "optimized"})
    imports: frozenset[str] = frozenset()

    def check(self, analysis: Analysis) -> list[Diagnostic]:
        """What ONNX has no nodes for, or has no room for."""
        from archc_backends.onnx.graph import check_operators
        from archc_backends.onnx.weights import check_size

        return check_operators(analysis.network) + check_size(analysis)

    def emit(self, analysis: Analysis, options: Options) -> dict[str, bytes] | list[Diagnostic]:
        """The model, and above 2 GB a second file with its weights; or what ``check`` finds."""
        diagnostics = self.check(analysis)
        if diagnostics:
            return diagnostics
        require_onnx()
        from archc_backends.onnx.model import write_model

        return write_model(analysis, options)

    def verify(self, analysis: Analysis, file: Path) -> list[Diagnostic] | str:
        """Where the ONNX project's checker, or ONNX Runtime, disagrees with the analysis."""
        require_onnx()
        from archc_backends.onnx.verify import verify_file

        return verify_file(analysis, file)

    def read_weights(self, file: Path) -> Mapping[str, Any] | Diagnostic:
        """The arrays of a .safetensors file, or with torch installed of a .pt or .pth."""
        require_onnx()
        from archc_backends.onnx.weights import read_weights

        return read_weights(file)

    def encode_weights(self, weights: Mapping[str, Any], suffix: str) -> bytes | Diagnostic:
        """The arrays as a .safetensors file."""
        from archc_backends.onnx.weights import encode_weights

        return encode_weights(weights, suffix)

    def convert_weights(
        self, optimized: "Optimized", weights: Mapping[str, Any], back: bool
    ) -> Mapping[str, Any] | Diagnostic:
        """Arrays, whatever library's tensors are given."""
        require_onnx()
        from archc_backends.onnx.conversion import convert_weights

        return convert_weights(optimized, weights, back)

    def materialize(self, analysis: Analysis) -> object:
        """The network as an ``onnx.ModelProto`` with weights as they are before training."""
        emitted = self.emit(analysis, Options("live"))
        if isinstance(emitted, list):
            raise SpecError(emitted)
        from archc_backends.onnx.model import read_model

        return read_model(emitted["live.onnx"])


def require_onnx() -> None:
    """Raises BackendUnavailable where onnx is missing."""
    require("onnx", "ONNX", "onnx")
