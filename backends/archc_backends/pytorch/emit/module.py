"""Renders a FileDefinition with the templates, and adds the imports that the file needs."""

import os
import sys
import textwrap
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archc.analyses import Analysis
from archc_backends.pytorch.allowed import CONVERTED, NETWORK, check_code
from archc_backends.pytorch.emit.expressions import WIDTH, format_expression
from archc_backends.pytorch.emit.network import define_file
from archc_backends.pytorch.emit.operators import torch_functions
from archc_backends.pytorch.emit.statements import format_statement

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Template

    from archc.driver.optimize import Optimized


def write_module(analysis: Analysis, optimized: "Optimized | None" = None) -> str:
    """Return the source of the module, without the header that the writer adds."""
    file = define_file(analysis, optimized)
    body = _template().render(file=file)
    # Each part ends with a full line, so checking the parts checks the whole.
    allowance = NETWORK if optimized is None else CONVERTED
    names = check_code(body, allowance.with_functions(torch_functions()))
    opening = _docstring(file.docstring, 0) + "\n\n" + _imports(names)
    check_code(opening)
    return opening + body


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).with_name("templates")
    environment = Environment(
        loader=FileSystemLoader(folder),
        bytecode_cache=_bytecode_cache(folder / "__pycache__"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(
        format_expression=format_expression,
        format_statement=format_statement,
        docstring=_docstring,
        signature=_signature,
    )
    return environment.get_template("network.py.j2")


def _bytecode_cache(folder: Path) -> "BytecodeCache | None":
    """Cache compiled templates next to the templates, as Python does with modules.

    Compiling them takes longer than the rest of a build. jinja2 compares a digest of the template's
    text to find out whether the cache is current.
    """
    from jinja2 import FileSystemBytecodeCache

    if sys.dont_write_bytecode:
        return None
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def _docstring(text: str, indent: int) -> str:
    """Format a wrapped docstring. Quotes and backslashes in the text cannot end or escape it."""
    safe = text.replace("\\", "\\\\").replace('"', "'")
    paragraphs = safe.split("\n\n")
    width = WIDTH - indent
    if len(paragraphs) == 1 and len(safe) + 6 <= width:
        return f'"""{safe}"""'
    wrapped = [textwrap.wrap(p, width - 3, break_on_hyphens=False) for p in paragraphs]
    lines = [line for paragraph in wrapped for line in ("", *paragraph)][1:]
    margin = " " * indent
    inside = "\n".join(margin + line if line else "" for line in lines).lstrip()
    return f'"""{inside}\n{margin}"""'


def _signature(names: Iterable[str], indent: int, name: str, result: str) -> str:
    """Format ``def name(...) -> result:``, with line breaks as ruff makes them."""
    arguments = list(names)
    line = f"def {name}({', '.join(arguments)}) -> {result}:"
    if indent + len(line) <= WIDTH:
        return line
    deeper = " " * (indent + 4)
    body = deeper + ", ".join(arguments)
    if len(body) > WIDTH:
        body = "\n".join(f"{deeper}{argument}," for argument in arguments)
    return f"def {name}(\n{body}\n{' ' * indent}) -> {result}:"


def _imports(used: set[str]) -> str:
    """Return the imports for the names used, sorted as linters require."""
    standard = [
        line
        for name, line in (
            ("OrderedDict", "from collections import OrderedDict"),
            ("NamedTuple", "from typing import NamedTuple"),
        )
        if name in used
    ]
    torch = ["import torch"] if "torch" in used else []
    torch.append("from torch import Tensor, nn")
    torch += ["from torch.nn import functional"] if "functional" in used else []
    return "".join("\n".join(part) + "\n\n" for part in (standard, torch) if part)[:-1]
