"""The text of a new variant: the spec it extends, and optional sections as comments."""

import re
from pathlib import Path

from archc.diagnostics import Code, Diagnostic
from archc.driver.files.file_names import check_stem, module_stem, suggest_stem
from archc.network import ir
from archc.network.names import MAXIMUM_NAME, is_name
from archc.ops.operator import format_shape
from archc.views.tables.network import kind_and_notation

SCHEMA_FILE = "archc.schema.json"


def start_variant(base: ir.Network, extends: str, file: Path) -> str | Diagnostic:
    """Return a spec that extends the file ``extends`` without changes.

    Entries to uncomment start with ``#``, explanations with ``# ``. Returns a diagnostic if
    ``extends`` cannot be written in a spec, or the name of ``file`` cannot name a Python module.
    """
    stem = module_stem(file.name)
    if (fault := check_stem(stem)) is not None or file.suffix != ".yaml":
        message = f"{file.name} cannot be a spec: {fault or 'its name ends with .yaml'}"
        hint = f"such as {stem if fault is None else suggest_stem(stem)}.yaml"
        return Diagnostic(Code.INVALID_NAME, message, hint=hint)
    if not re.fullmatch(r"[\w.][\w. +/-]*\.yaml", extends):
        message = f"{extends} cannot be extended: its name is not a plain YAML scalar"
        return Diagnostic(Code.INVALID_NAME, message, hint="rename it, such as base.yaml")
    name = "".join(word[:1].upper() + word[1:] for word in stem.split("_"))[:MAXIMUM_NAME]
    name = name if is_name(name) else f"{name}Net"
    lines = [
        f"# yaml-language-server: $schema={SCHEMA_FILE}",
        f"# A variant of {extends}: write only what differs.",
        f"# `archc diff {extends} {file.name}` shows the differences,",
        f"# `archc build {file.name}` writes the code.",
        f"extends: {extends}",
        f"name: {name}",
        f"about: A variant of {base.name}.",
        "",
        f"#input: {format_shape(base.input)}",
        f"#classes: {base.classes}",
        "",
        "# Default fields of all layers of a kind.",
        "#defaults:",
        "#  Conv: {norm: BatchNorm}",
        "",
        "# Multiply all numbers of filters, and round to a multiple.",
        "#width: {multiplier: 0.5, multiple: 8}",
        "",
        "# Upper limits that archc check enforces.",
        "#budget: {params: 100M, macs: 100G}",
    ]
    sections: dict[str, list[str]] = {}
    for row in base.rows:
        sections.setdefault(base.sections[row.name], []).append(_row(row))
    lines += ["", "# Rows by name: a row lists its differences, `none` removes it. A new row has"]
    lines += ["# `after` or `before`: {Dropout: 0.1, after: conv1}."]
    for section, rows in sections.items():
        lines += [f"#{section}:", *rows]
    if base.aux:
        lines.append("#aux:")
        for head in base.aux:
            kind = head.body.module if isinstance(head.body, ir.Call) else "Sequence"
            value = f"{{Aux: {kind}, from: {head.tap}, loss_weight: {head.loss_weight:g}}}"
            lines.append(f"#  {head.name}: {value}")
    return "\n".join(lines) + "\n"


def _row(row: ir.Node) -> str:
    """Return an example to uncomment: a row with its cells, or the removal of a row."""
    if isinstance(row, ir.Call) and row.arguments:
        cells = ", ".join(f'"{column}": {cell.value}' for column, cell in row.arguments.items())
        return f"#  {row.name}: {{{row.module}: {{{cells}}}}}"
    kind, notation = kind_and_notation(row)
    return f"#  {row.name}: none   # {kind} {notation}".rstrip()
