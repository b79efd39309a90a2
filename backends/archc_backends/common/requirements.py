"""Packages that are only needed where they are used."""

from importlib.util import find_spec

from archc.driver.backend import BackendUnavailable


def require(package: str, name: str, extra: str) -> None:
    """Raises BackendUnavailable, with how to install it, where the package is missing."""
    if find_spec(package) is None:
        raise BackendUnavailable(f"this needs {name}: pip install 'archc-compiler[{extra}]'")


def require_library(package: str) -> None:
    """Raises BackendUnavailable where a library of models, which no extra installs, is missing."""
    if find_spec(package) is None:
        raise BackendUnavailable(f"this needs {package}: pip install {package}")


def require_torch() -> None:
    """Raises BackendUnavailable where torch is missing."""
    require("torch", "PyTorch", "torch")


def require_safetensors() -> None:
    """Raises BackendUnavailable where safetensors is missing."""
    require("safetensors", "safetensors", "weights")
