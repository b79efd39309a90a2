"""Optional packages, and the error if one is missing."""

from importlib.util import find_spec

from archc.driver.backend import BackendUnavailable


def require(package: str, name: str, extra: str) -> None:
    """Raise BackendUnavailable, with the command to install the package, if it is missing."""
    if find_spec(package) is None:
        raise BackendUnavailable(f"this needs {name}: pip install 'archc-compiler[{extra}]'")


def require_library(package: str) -> None:
    """Raise BackendUnavailable if a library of models, which no extra installs, is missing."""
    if find_spec(package) is None:
        raise BackendUnavailable(f"this needs {package}: pip install {package}")


def require_torch() -> None:
    """Raise BackendUnavailable if torch is missing."""
    require("torch", "PyTorch", "torch")


def require_safetensors() -> None:
    """Raise BackendUnavailable if safetensors is missing."""
    require("safetensors", "safetensors", "weights")
