"""Python expressions as data, and their text with line breaks as ruff format makes them."""

from typing import NamedTuple

WIDTH = 100
INDENT = "    "


class Call(NamedTuple):
    """``callee(positional, keyword=value)``."""

    callee: str
    positional: "tuple[Expression, ...]" = ()
    keywords: "tuple[tuple[str, str], ...]" = ()


class Group(NamedTuple):
    """``(a, b)`` or ``[a, b]``."""

    brackets: str
    items: "tuple[Expression, ...]"


class Loop(NamedTuple):
    """``*(item for _ in range(times))``."""

    item: "Expression"
    times: int


class Sum(NamedTuple):
    """``a + b``."""

    operands: tuple[str, ...]


class Choice(NamedTuple):
    """``value if condition else None``."""

    value: "Expression"
    condition: str


Expression = str | Call | Group | Loop | Sum | Choice


def flat(expression: Expression) -> str:
    """Format the expression on one line."""
    if isinstance(expression, str):
        return expression
    if isinstance(expression, Loop):
        return f"*({flat(expression.item)} for _ in range({expression.times}))"
    if isinstance(expression, Sum):
        return " + ".join(expression.operands)
    if isinstance(expression, Choice):
        return f"{flat(expression.value)} if {expression.condition} else None"
    head, parts, tail = _parts(expression)
    inner = ", ".join(flat(part) for part in parts)
    if isinstance(expression, Group) and len(parts) == 1 and expression.brackets == "()":
        inner += ","
    return f"{head}{inner}{tail}"


def format_expression(
    expression: Expression, indent: int, before: str = "", after: str = ""
) -> str:
    """Format the expression between ``before`` and ``after``, from column ``indent`` on.

    On one line if it fits. Otherwise the arguments of a call get a line of their own, or one line
    each.
    """
    line = f"{before}{flat(expression)}{after}"
    if indent + len(line) <= WIDTH or isinstance(expression, str):
        return line
    deeper = indent + len(INDENT)
    margin, end = " " * deeper, f"\n{' ' * indent}"
    if isinstance(expression, Sum):
        first, *rest = expression.operands
        return f"{before}{first}{''.join(f'{end}+ {operand}' for operand in rest)}{after}"
    if isinstance(expression, Loop):
        item = format_expression(expression.item, deeper)
        return (
            f"{before}*(\n{margin}{item}\n{margin}for _ in range({expression.times}){end}){after}"
        )
    if isinstance(expression, Choice):
        inside = flat(expression)
        if deeper + len(inside) > WIDTH:
            value = format_expression(expression.value, deeper)
            inside = f"{value}\n{margin}if {expression.condition}\n{margin}else None"
        return f"{before}(\n{margin}{inside}{end}){after}"
    head, parts, tail = _parts(expression)
    together = ", ".join(flat(part) for part in parts)
    if isinstance(expression, Call) and deeper + len(together) <= WIDTH:
        body = margin + together
    else:
        body = "\n".join(margin + format_expression(part, deeper, after=",") for part in parts)
    return f"{before}{head}\n{body}{end}{tail}{after}"


def _parts(expression: Call | Group) -> tuple[str, list[Expression], str]:
    if isinstance(expression, Group):
        return expression.brackets[0], list(expression.items), expression.brackets[1]
    named: list[Expression] = [f"{name}={value}" for name, value in expression.keywords]
    return f"{expression.callee}(", [*expression.positional, *named], ")"
