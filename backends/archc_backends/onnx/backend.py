"""The ONNX backend, as the compiler calls it."""

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
    """Emits ``<stem>.onnx``, a model with its weights and archc's stamp."""

    comment = ""
    options = frozenset({"weights", "optimized"})
    imports: frozenset[str] = frozenset()

    def check(self, analysis: Analysis) -> list[Diagnostic]:
        """Report operators that ONNX does not support, and networks that are too large."""
        from archc_backends.onnx.graph import check_operators
        from archc_backends.onnx.weights import check_size

        return check_operators(analysis.network) + check_size(analysis)

    def emit(self, analysis: Analysis, options: Options) -> dict[str, bytes] | list[Diagnostic]:
        """Return the model, above 2 GB with a second file of weights, or diagnostics."""
        diagnostics = self.check(analysis)
        if diagnostics:
            return diagnostics
        require_onnx()
        from archc_backends.onnx.model import write_model

        return write_model(analysis, options)

    def verify(self, analysis: Analysis, file: Path) -> list[Diagnostic] | str:
        """Check the file with ONNX's checker and ONNX Runtime, and report differences."""
        require_onnx()
        from archc_backends.onnx.verify import verify_file

        return verify_file(analysis, file)

    def read_weights(self, file: Path) -> Mapping[str, Any] | Diagnostic:
        """Read the arrays of a .safetensors file, or with torch of a .pt or .pth file."""
        require_onnx()
        from archc_backends.onnx.weights import read_weights

        return read_weights(file)

    def encode_weights(self, weights: Mapping[str, Any], suffix: str) -> bytes | Diagnostic:
        """Encode arrays as a .safetensors file."""
        from archc_backends.onnx.weights import encode_weights

        return encode_weights(weights, suffix)

    def convert_weights(
        self, optimized: "Optimized", weights: Mapping[str, Any], back: bool
    ) -> Mapping[str, Any] | Diagnostic:
        """Convert tensors of any library, and return arrays."""
        require_onnx()
        from archc_backends.onnx.conversion import convert_weights

        return convert_weights(optimized, weights, back)

    def materialize(self, analysis: Analysis) -> object:
        """Return the network as an ``onnx.ModelProto`` with untrained weights."""
        emitted = self.emit(analysis, Options("live"))
        if isinstance(emitted, list):
            raise SpecError(emitted)
        from archc_backends.onnx.model import read_model

        return read_model(emitted["live.onnx"])


def require_onnx() -> None:
    """Raise BackendUnavailable if onnx is missing."""
    require("onnx", "ONNX", "onnx")
