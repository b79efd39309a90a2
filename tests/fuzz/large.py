"""Builds large specs from a few numbers, and varies the numbers."""

from random import Random
from typing import NamedTuple

LEAVES = (
    "{Conv: 1x1, out: 3}",
    "{Conv: 3x3, out: 3, padding: 2}",
    "{Conv: 3x3, out: 3, norm: BatchNorm, activation: ReLU}",
    "Identity",
    "{SeparableConv: 3x3, out: 3}",
    "{MaxPool: 3x3/1 same}",
    "{Residual: {only: {Conv: 1x1, out: 3}}, scale: 0.5, activation: ReLU}",
    "{Affine: [1.0, 1.0, 1.0]}",
)
JOINS = ("Sequence", "Concat", "Residual")


class Size(NamedTuple):
    """The sizes of a spec's parts."""

    depth: int = 1
    """The nesting of modules."""
    fan: int = 1
    """How often each module calls the next."""
    join: int = 0
    """The structure around the calls, one of JOINS."""
    leaf: int = 0
    """The layers of the innermost module, one of LEAVES, and their number."""
    leaves: int = 1
    inner: int = 1
    """Repeats of the innermost layers, of the rows, and of all of them."""
    outer: int = 1
    name: int = 4
    """The length of names."""
    rows: int = 1
    heads: int = 0
    columns: int = 0
    printed: int = 0
    """Rows of the table, errata, and lines of each other section."""
    errata: int = 0
    allowed: int = 0
    parameters: int = 0
    mapped: int = 0
    pattern: int = 0
    """Placeholders in each line of a checkpoint's mapping."""
    faults: int = 0
    """Numbers of rows that do not fit or do not exist."""


MOST = Size(95, 40, 2, 7, 300, 10_000, 10, 40, 900, 200, 100, 500, 400, 300, 300, 600, 4, 60)


def random_size(random: Random) -> Size:
    """Return sizes to start from, with some of almost everything."""
    size = Size()
    for _ in range(random.randrange(4, 12)):
        size = changed(size, random)
    return size


def changed(size: Size, random: Random) -> Size:
    """Return the sizes with one or two numbers changed."""
    for field in random.sample(Size._fields, random.choice((1, 1, 2))):
        now, most = getattr(size, field), getattr(MOST, field)
        anything = int(most ** random.random())
        then = random.choice((now + 1, now * 2, now * 10, now // 2, most, anything, anything))
        least = getattr(Size(), field)
        size = size._replace(**{field: max(min(then, most), min(least, 1))})
    return size


def text_of(size: Size) -> str:
    """The spec."""
    lines = ["archc: 1", "name: Net", "input: 3x16x16", "classes: 10"]
    if size.parameters:
        lines += ["parameters:", *(f"  p{i}: 3" for i in range(size.parameters))]
    lines += ["modules:", *_modules(size), "stem:"]
    call = "M0" if not size.columns else f"{{M0: [{', '.join('3' for _ in range(size.columns))}]}}"
    row = f"{{Repeat: {size.outer}, of: {call}}}" if size.outer > 1 else call
    lines += [f"  {_name('row', i, size)}: {row}" for i in range(size.rows)]
    lines += [f"  u{i}: {{Conv: 1x1, out: p{i}}}" for i in range(size.parameters)]
    lines += [f"  {_name('odd', i, size)}: {_FAULTS[i % len(_FAULTS)]}" for i in range(size.faults)]
    lines += ["  last: {AvgPool: global}", "  flatten: Flatten", "  fc: {Linear: classes}"]
    if size.heads:
        head = "{Aux: [{AvgPool: global}, Flatten, {Linear: classes}], from: %s, loss_weight: 1}"
        lines += ["aux:", *(f"  a{i}: {head % _name('row', 0, size)}" for i in range(size.heads))]
    lines += [*_table(size), *_mapping(size)]
    if size.allowed:
        rows = [f"    - {_name('row', i % max(1, size.rows), size)}" for i in range(size.allowed)]
        lines += ["lints:", "  unaligned_channels: {allow: ["]
        lines += [f"    {row.strip(' -')}," for row in dict.fromkeys(rows)]
        lines += ["  ]}"]
    return "\n".join(lines) + "\n"


_FAULTS = (
    "[{MaxPool: 2x2/2}, {MaxPool: 17x17/1}]",
    "{Conf: 1x1, out: 3}",
    "{Conv: 1x1, out: 4, groups: 4}",
    "{Linear: 3}",
)


def _modules(size: Size) -> list[str]:
    lines = []
    for i in range(size.depth):
        lines += [f"  M{i}:"]
        columns = [f"c{j}" for j in range(size.columns)]
        if columns and i == 0:
            lines += ["    columns: [", *(f"      {column}," for column in columns), "    ]"]
        last = i == size.depth - 1
        inside = LEAVES[size.leaf] if last else f"M{i + 1}"
        if last and size.inner > 1:
            inside = f"{{Repeat: {size.inner}, of: {inside}}}"
        count = size.leaves if last else size.fan
        parts = [f"{_name('part', j, size)}: {inside}" for j in range(count)]
        if columns and i == 0:
            parts += [f"n{c}: {{Conv: 1x1, out: {c}}}" for c in columns]
        join = "Sequence" if last or (columns and i == 0) or count < 2 else JOINS[size.join]
        lines += [f"    {join}:", *(f"      {part}" for part in parts)]
    return lines


def _table(size: Size) -> list[str]:
    if not size.printed and not size.errata:
        return []
    names = [_name("row", i, size) for i in range(max(size.printed, size.errata))]
    lines = ["table:", "  columns: [output, params, ops]"]
    lines += ["  params: {count: weights, unit: 1000, round: nearest}"]
    lines += ["  ops: {count: macs, unit: 1000000, round: nearest}", "  rows:"]
    lines += [f"    {name}: [16x16x3, 1K, 1M]" for name in names or ["fc"]]
    if size.errata:
        erratum = "{computed: 16x16x3, why: it is printed so}"
        lines += ["  errata:"]
        lines += [f"    {_name('row', i, size)}.output: {erratum}" for i in range(size.errata)]
    return lines


def _mapping(size: Size) -> list[str]:
    if not size.mapped:
        return []
    holes = ".".join(f"{{h{i}}}" for i in range(size.pattern))
    lines = ["checkpoints:", "  theirs:", "    source: somewhere", "    keys:"]
    for i in range(size.mapped):
        start = "".join((holes, "." if holes else ""))
        lines.append(f'      "{start}their{i}": "{start}{_name("part", i, size)}.weight"')
    return lines


def _name(start: str, number: int, size: Size) -> str:
    return f"{start}{number}".ljust(size.name, "n") if number else start.ljust(size.name, "n")
