"""archc compiles neural-network architectures, written as their paper prints them.

    network = archc.load("network.yaml")
    analysis = archc.analyze(network)
    files = archc.emit(network, analysis)

Invalid specs raise :class:`SpecError`, whose ``diagnostics`` say where and why.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from archc.analyses import Analysis as Analysis
    from archc.analyses.differences import Difference as Difference
    from archc.api import analyze as analyze
    from archc.api import check as check
    from archc.api import check_conformance as check_conformance
    from archc.api import compare as compare
    from archc.api import draw as draw
    from archc.api import emit as emit
    from archc.api import load as load
    from archc.api import loads as loads
    from archc.api import module_class as module_class
    from archc.api import to_pandas as to_pandas
    from archc.checks.conformance import Conformance as Conformance
    from archc.diagnostics import Diagnostic as Diagnostic
    from archc.diagnostics import SpecError as SpecError
    from archc.diagnostics.check_result import CheckResult as CheckResult
    from archc.driver.backend import BackendUnavailable as BackendUnavailable
    from archc.network.ir import Network as Network

_MODULES = {
    "Analysis": "analyses",
    "BackendUnavailable": "driver.backend",
    "Conformance": "checks.conformance",
    "Diagnostic": "diagnostics",
    "Difference": "analyses.differences",
    "Network": "network.ir",
    "CheckResult": "diagnostics.check_result",
    "SpecError": "diagnostics",
    "analyze": "api",
    "check": "api",
    "check_conformance": "api",
    "compare": "api",
    "draw": "api",
    "emit": "api",
    "load": "api",
    "loads": "api",
    "module_class": "api",
    "to_pandas": "api",
}

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> object:
    # Imported at first use: `archc --help` needs none of them.
    if name not in _MODULES:
        raise AttributeError(f"module 'archc' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"archc.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
