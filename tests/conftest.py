"""Options of the tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest --update-expected`` rewrites the expectations that stand beside specs."""
    parser.addoption(
        "--update-expected",
        action="store_true",
        help="Write what is rendered now as the expectation; look at each difference.",
    )
