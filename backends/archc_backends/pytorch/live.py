"""The generated module in this process, for notebooks."""

import hashlib
import linecache
import sys
from types import ModuleType
from typing import Any

from archc.analysis import Analysis
from archc.backend import Backend, Options
from archc.diagnostics import SpecError
from archc_backends.common.requirements import require_torch


def live_class(analysis: Analysis, backend: Backend) -> Any:
    """The network's class, from the very source that ``archc build`` would write.

    Tracebacks show that source, and instances can be pickled in this process.
    """
    require_torch()
    emitted = backend.emit(analysis, Options("live"))
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
    return getattr(sys.modules[name], analysis.network.name)
