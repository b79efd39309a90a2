"""Loads generated code into this process, for notebooks and to convert weights."""

import hashlib
import linecache
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from archc.analyses import Analysis
from archc.checks.checkpoints.state import show_key
from archc.diagnostics import Code, Diagnostic, SpecError
from archc.driver.backend import Backend, Options
from archc.driver.optimize import Optimized
from archc_backends.common.requirements import require_torch


def load_class(analysis: Analysis, backend: Backend) -> Any:
    """Return the network's class, from the source that ``archc build`` would write.

    Tracebacks show that source, and instances can be pickled within this process.
    """
    module = load_module(analysis, backend, Options("live"))
    return getattr(module, analysis.network.name)


def convert_weights(
    optimized: Optimized, backend: Backend, weights: Mapping[str, Any], back: bool
) -> Mapping[str, Any] | Diagnostic:
    """Convert weights with ``convert_state`` or ``restore_state`` of the optimised file."""
    module = load_module(optimized.analysis, backend, Options("live", optimized=optimized))
    import torch

    counter = torch.zeros((), dtype=torch.int64)
    state = {key: counter if value is None else value for key, value in weights.items()}
    convert = module.restore_state if back else module.convert_state
    options = {}
    if heads := tuple(f"{head.name}." for head in optimized.analysis.network.aux):
        options["aux"] = any(key.startswith(heads) for key in state)
    try:
        converted: Mapping[str, Any] = convert(state, **options)
    except ValueError as error:
        return Diagnostic(Code.UNCONVERTIBLE, show_key(str(error)))
    return converted


def load_module(analysis: Analysis, backend: Backend, options: Options) -> Any:
    """Return the generated module; equal sources are executed once.

    Raises SpecError, and BackendUnavailable if torch is not installed.
    """
    require_torch()
    emitted = backend.emit(analysis, options)
    if isinstance(emitted, list):
        raise SpecError(emitted)
    source = emitted["live.py"].decode()
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    name = f"archc_live_{digest}"
    if name not in sys.modules:
        module = ModuleType(name)
        file = f"<{name}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        exec(compile(source, file, "exec"), module.__dict__)
        sys.modules[name] = module
    return sys.modules[name]
