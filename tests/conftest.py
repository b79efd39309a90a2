"""Options of the tests, and the models that specs are held against."""

import importlib
from types import ModuleType

import pytest
import torch


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest --update-expected`` rewrites the expectations that stand beside specs."""
    parser.addoption(
        "--update-expected",
        action="store_true",
        help="Write what is rendered now as the expectation; look at each difference.",
    )


@pytest.fixture(scope="session")
def torchvision_models() -> ModuleType:
    """torchvision.models, also where its compiled operators do not fit the torch installed.

    The models use none of them; all that its import needs is that two are declared.
    """
    try:
        return importlib.import_module("torchvision.models")
    except RuntimeError as error:
        if "does not exist" not in str(error):
            raise
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor boxes) -> Tensor")
    return importlib.import_module("torchvision.models")


@pytest.fixture(scope="session")
def timm(torchvision_models: ModuleType) -> ModuleType:
    """Timm, which imports torchvision."""
    return importlib.import_module("timm")
