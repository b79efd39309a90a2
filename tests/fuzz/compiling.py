"""Compiles a spec's text in this process: to an analysis, code, or a class."""

import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from archc.analyses import Analysis, analyze
from archc.diagnostics import Diagnostic, render
from archc.driver.backend import Backend, Options, load_backend
from archc.driver.pipeline import load_network
from archc.language.spec_files import SpecFile


@cache
def folder() -> Path:
    """Return a folder for this process, removed when it ends."""
    holder = tempfile.TemporaryDirectory(prefix="fuzz")
    _HOLDERS.append(holder)
    return Path(holder.name)


_HOLDERS: list[tempfile.TemporaryDirectory[str]] = []


@cache
def backend() -> Backend:
    """Return the default backend."""
    found = load_backend("default")
    assert found is not None
    return found


def analysed(text: str) -> Analysis | list[Diagnostic]:
    """Return the analysis of a spec's text, or its diagnostics."""
    file = folder() / "net.yaml"
    file.write_text(text, encoding="utf-8")
    network = load_network(SpecFile("net.yaml", file))
    return network if isinstance(network, list) else analyze(network)


def emitted(analysis: Analysis) -> bytes | list[Diagnostic]:
    """Return the generated code, or the backend's diagnostics."""
    files = backend().emit(analysis, Options("net"))
    return files if isinstance(files, list) else files["net.py"]


def executed(source: bytes) -> Any:
    """Return the generated network's class."""
    module = ModuleType("net")
    exec(compile(source, "net.py", "exec"), module.__dict__)
    return module.__dict__["Net"]


def shown(diagnostics: list[Diagnostic]) -> str:
    """Format diagnostics as people see them."""
    return "refused:\n" + "\n".join(map(render, diagnostics))
