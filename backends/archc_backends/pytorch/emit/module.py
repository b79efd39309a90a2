"""The generated file as text: the view through the templates, and the imports it needs."""

import os
import sys
import textwrap
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archc.analyses import Analysis
from archc_backends.pytorch.allowed import CONVERTED, NETWORK, names_in
from archc_backends.pytorch.emit.expressions import WIDTH, laid_out
from archc_backends.pytorch.emit.network import view_network
from archc_backends.pytorch.emit.operators import torch_functions
from archc_backends.pytorch.emit.statements import assigned

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Template

    from archc.driver.optimize import Optimized


def write_module(analysis: Analysis, optimized: "Optimized | None" = None) -> str:
    """The module's source, without the writer's header."""
    view = view_network(analysis, optimized)
    body = _template().render(view=view)
    # Both parts end with a line, so that what each of them may say holds for the whole, too.
    allowance = NETWORK if optimized is None else CONVERTED
    names = names_in(body, allowance.with_functions(torch_functions()))
    opening = _docstring(view.docstring, 0) + "\n\n" + _imports(names)
    names_in(opening)
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
        laid_out=laid_out, assigned=assigned, docstring=_docstring, signature=_signature
    )
    return environment.get_template("network.py.j2")


def _bytecode_cache(folder: Path) -> "BytecodeCache | None":
    """Compiled templates beside the templates, as Python keeps compiled modules.

    Compiling them takes longer than everything else that a build does. jinja2 tells by a digest
    of the template's text whether what it finds is current.
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
    """The text as a docstring: wrapped, and with nothing in it that could end or escape it."""
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
    """``def name(...) -> result:``, broken as the formatter breaks it."""
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
    """The imports of the names used, in the order in which linters want them."""
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
