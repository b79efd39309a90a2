"""The PyTorch backend, as the compiler calls it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.analyses import Analysis
from archc.diagnostics import Diagnostic
from archc.driver.backend import Options

if TYPE_CHECKING:
    from archc.driver.optimize import Optimized


class PyTorch:
    """Emits ``<stem>.py``, a module that needs only torch."""

    comment = "#"
    options: frozenset[str] = frozenset({"optimized"})
    # torch, and packages that torch imports.
    imports = frozenset({"torch", "torchgen", "functorch", "numpy", "tqdm", "typing_extensions"})

    def check(self, analysis: Analysis) -> list[Diagnostic]:
        """Report what PyTorch code cannot express, such as a name that torch uses."""
        from archc_backends.pytorch.emit.reserved import check_classes, check_names, check_operators

        network = analysis.network
        return check_operators(network) + check_names(network) + check_classes(analysis)

    def emit(self, analysis: Analysis, options: Options) -> dict[str, bytes] | list[Diagnostic]:
        """Return the module's source, or the diagnostics of ``check``."""
        diagnostics = self.check(analysis)
        if diagnostics:
            return diagnostics
        from archc_backends.pytorch.emit.module import write_module

        return {f"{options.stem}.py": write_module(analysis, options.optimized).encode()}

    def verify(self, analysis: Analysis, file: Path) -> list[Diagnostic] | str:
        """Run the file under torch and report differences from the analysis."""
        from archc_backends.pytorch.run.verify import verify_file

        return verify_file(analysis, file)

    def read_weights(self, file: Path) -> Mapping[str, Any] | Diagnostic:
        """Read the tensors of a .pt, .pth or .safetensors file."""
        from archc_backends.pytorch.run.weights import read_weights

        return read_weights(file)

    def encode_weights(self, weights: Mapping[str, Any], suffix: str) -> bytes | Diagnostic:
        """Encode tensors as a file with that suffix."""
        from archc_backends.pytorch.run.weights import encode_weights

        return encode_weights(weights, suffix)

    def convert_weights(
        self, optimized: "Optimized", weights: Mapping[str, Any], back: bool
    ) -> Mapping[str, Any] | Diagnostic:
        """Convert weights with the functions of the optimised file."""
        from archc_backends.pytorch.run.load import convert_weights

        return convert_weights(optimized, self, weights, back)

    def materialize(self, analysis: Analysis) -> object:
        """Return the network's class, a subclass of torch.nn.Module."""
        from archc_backends.pytorch.run.load import load_class

        return load_class(analysis, self)
