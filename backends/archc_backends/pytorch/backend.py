"""The backend's face towards the compiler."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.analyses import Analysis
from archc.diagnostics import Diagnostic
from archc.driver.backend import Options

if TYPE_CHECKING:
    from archc.driver.optimize import Optimized


class PyTorch:
    """Emits ``<stem>.py``: a module that needs torch and nothing else."""

    comment = "#"
    options: frozenset[str] = frozenset({"optimized"})
    # torch, and what importing torch imports.
    imports = frozenset({"torch", "torchgen", "functorch", "numpy", "tqdm", "typing_extensions"})

    def check(self, analysis: Analysis) -> list[Diagnostic]:
        """What the module cannot express, such as a name that torch needs."""
        from archc_backends.pytorch.emit.reserved import check_classes, check_names, check_operators

        network = analysis.network
        return check_operators(network) + check_names(network) + check_classes(analysis)

    def emit(self, analysis: Analysis, options: Options) -> dict[str, bytes] | list[Diagnostic]:
        """The module's source, or what ``check`` finds."""
        diagnostics = self.check(analysis)
        if diagnostics:
            return diagnostics
        from archc_backends.pytorch.emit.module import write_module

        return {f"{options.stem}.py": write_module(analysis, options.optimized).encode()}

    def verify(self, analysis: Analysis, file: Path) -> list[Diagnostic] | str:
        """Where torch, running the file, disagrees with the analysis."""
        from archc_backends.pytorch.run.verify import verify_file

        return verify_file(analysis, file)

    def read_weights(self, file: Path) -> Mapping[str, Any] | Diagnostic:
        """The tensors of a .pt, .pth or .safetensors file."""
        from archc_backends.pytorch.run.weights import read_weights

        return read_weights(file)

    def encode_weights(self, weights: Mapping[str, Any], suffix: str) -> bytes | Diagnostic:
        """The tensors as such a file."""
        from archc_backends.pytorch.run.weights import encode_weights

        return encode_weights(weights, suffix)

    def convert_weights(
        self, optimized: "Optimized", weights: Mapping[str, Any], back: bool
    ) -> Mapping[str, Any] | Diagnostic:
        """What the functions in the optimised file give."""
        from archc_backends.pytorch.run.live import convert_weights

        return convert_weights(optimized, self, weights, back)

    def materialize(self, analysis: Analysis) -> object:
        """The network's class, a subclass of torch.nn.Module."""
        from archc_backends.pytorch.run.live import live_class

        return live_class(analysis, self)
