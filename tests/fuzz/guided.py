"""Coverage-guided fuzzing from text to code, with atheris (libFuzzer); not part of the tests.

It keeps texts that reach new branches of the compiler. The options are libFuzzer's; README.md has a
command.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["archc", "archc_backends"]):
    from archc.diagnostics import render
    from archc.driver.backend import Options, load_backend
    from archc.driver.pipeline import compile_spec

FOLDER = Path(tempfile.mkdtemp(prefix="guided"))
BACKEND = load_backend("default")


def examine(data: bytes) -> None:
    """Compile one text; every diagnostic must have a place in it. An exception is a bug."""
    file = FOLDER / "net.yaml"
    file.write_bytes(data)
    compiled = compile_spec(str(file))
    if isinstance(compiled, list):
        diagnostics = compiled
    else:
        assert BACKEND is not None
        files = BACKEND.emit(compiled.analysis, Options("net"))
        diagnostics = [*compiled.diagnostics, *(files if isinstance(files, list) else [])]
        if not isinstance(files, list):
            compile(files["net.py"], "net.py", "exec")
    for diagnostic in diagnostics:
        render(diagnostic)
        span = diagnostic.span
        assert span is not None, diagnostic.message
        assert 1 <= span.line <= len(span.source.lines), diagnostic.message
        assert 1 <= span.column <= len(span.source.lines[span.line - 1]) + 1, diagnostic.message


if __name__ == "__main__":
    atheris.Setup(sys.argv, examine)
    atheris.Fuzz()
