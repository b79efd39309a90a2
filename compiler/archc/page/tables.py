"""The tables of a page: the paper's, every layer, costs by row and branch, kinds of operators."""

from collections.abc import Iterable, Sequence
from math import prod
from xml.etree.ElementTree import Element

from archc.analyses.memory import measure_peaks
from archc.analysis import Analysis, LayerAnalysis, RowAnalysis
from archc.conformance import Conformance
from archc.drawing.folding import Run, fold
from archc.drawing.labels import kind_words
from archc.drawing.lines import Line
from archc.ops.operator import written
from archc.page.markup import element
from archc.presentation import Grid, GridCell, table_grid

MAXIMUM_PARTS = 12
"""A bar of more parts is drawn as one."""


def grid_table(grid: Grid, caption: str) -> Element:
    """A grid as a table: the first column heads its rows; reasons of errata stand below it."""
    notes: list[str] = []
    numeric = _numeric(grid)
    head = element("tr", *(_heading(text, text in numeric) for text in grid.headings))
    body = []
    for row in grid.rows:
        first, *rest = row
        cells = [element("th", first.text, scope="row")]
        for cell, heading in zip(rest, grid.headings[1:], strict=True):
            cells.append(_cell(cell, heading in numeric, f"{first.text}.{heading}", notes))
        body.append(element("tr", *cells))
    table = element(
        "table", element("caption", caption), element("thead", head), element("tbody", *body)
    )
    reasons = element("ol", *(element("li", note) for note in notes)) if notes else None
    why = element("p", "Errata, as the spec declares them:") if notes else None
    return element("div", scrolled(table, caption), why, reasons)


def paper_table(analysis: Analysis, conformance: Conformance) -> Element:
    """The table of ``archc table``: computed cells, printed ones where they differ, and why."""
    return grid_table(table_grid(analysis, conformance), "Every cell as computed")


def lines_table(lines: Sequence[Line], prefix: str) -> Element:
    """Every node with all that is known of it; a box of the picture leads here by its id."""
    headings = (
        *("layer", "kind", "patch/ stride", "input", "output", "depth", "params", "weights"),
        *("biases", "norm", "MACs", "pool ops", "norm ops", "activation ops"),
        *("receptive field", "stride", "in the spec"),
    )
    body = []
    for number, line in enumerate(lines):
        cost = line.cost
        counts = (cost.params, cost.weights, cost.biases, cost.norm, cost.macs)
        others = (cost.pool_ops, cost.norm_ops, cost.activation_ops)
        path = line.node.path + (f" and {line.alike:,} more alike" if line.alike else "")
        span = line.node.span
        place = element("td", f"{span.source.name}:{span.line} ", element("code", _stated(line)))
        body.append(
            element(
                "tr",
                element("th", path, scope="row"),
                *(element("td", text) for text in (line.kind.replace("_", " "), line.notation)),
                *(element("td", written(shape)) for shape in (line.input, line.output)),
                *(element("td", f"{n:,}" if n else "") for n in (line.depth, *counts, *others)),
                element("td", written(line.field.size) if line.field else ""),
                element("td", written(line.field.stride) if line.field else ""),
                place,
                id=f"{prefix}{number}",
            )
        )
    head = element("tr", *(_heading(text, 5 <= i < 14) for i, text in enumerate(headings)))
    table = element(
        "table",
        element("caption", "Rows, branches and layers"),
        element("thead", head),
        element("tbody", *body),
        class_="lines",
    )
    return scrolled(table, "Rows, branches and layers")


def costs_table(analysis: Analysis) -> Element:
    """Parameters, MACs and memory of every row, as bars of its branches."""
    drawn = list(fold(analysis).runs(analysis.network.rows))
    numbers = {row.node.name: i for i, row in enumerate(analysis.rows)}
    places = [numbers[run.first.name] for run in drawn]
    rows = (*(analysis.rows[i] for i in places), *analysis.aux)
    names = [_name_of(run) for run in drawn] + [row.node.name for row in analysis.aux]
    peaks = measure_peaks(analysis.network, analysis.shapes)
    alive = [*(peaks[i] for i in places), *(0 for _ in analysis.aux)]
    parts = [_branches(row) for row in rows]
    columns = [
        ("params", [[(name, p) for name, p, _, _ in row] for row in parts]),
        ("MACs", [[(name, m) for name, _, m, _ in row] for row in parts]),
        ("activations", [[(name, a) for name, _, _, a in row] for row in parts]),
        ("alive at once", [[("", peak)] for peak in alive]),
    ]
    most = [max(1, *(sum(n for _, n in row) for row in values)) for _, values in columns]
    body = []
    for i, name in enumerate(names):
        cells = [_bar(values[i], top) for (_, values), top in zip(columns, most, strict=True)]
        body.append(element("tr", element("th", name, scope="row"), *cells))
    head = element("tr", _heading("row", False), *(_heading(name, True) for name, _ in columns))
    table = element(
        "table",
        element("caption", "What each row costs, for one image"),
        element("thead", head),
        element("tbody", *body),
        class_="bars",
    )
    return scrolled(table, "What each row costs")


def kinds_table(analysis: Analysis) -> Element:
    """How much each kind of operator takes, without auxiliary heads."""
    kinds: dict[str, list[LayerAnalysis]] = {}
    for row in analysis.rows:
        for layer in row.layers:
            kinds.setdefault(type(layer.op.operator).__name__, []).append(layer)
    body = []
    for kind, layers in sorted(kinds.items(), key=lambda item: -_sum(item[1])[1]):
        params, macs, given = _sum(layers)
        totals = (analysis.cost.params, analysis.cost.macs, analysis.memory)
        cells = [
            _bar([("", n)], max(1, whole), share=True)
            for n, whole in zip((params, macs, given), totals, strict=True)
        ]
        name = element("th", kind_words(kind), scope="row")
        body.append(element("tr", name, _number(len(layers)), *cells))
    names = ("layers", "params", "MACs", "activations")
    head = element("tr", _heading("kind", False), *(_heading(name, True) for name in names))
    table = element(
        "table",
        element("caption", "What each kind of operator takes"),
        element("thead", head),
        element("tbody", *body),
        class_="bars",
    )
    return scrolled(table, "What each kind of operator takes")


def scrolled(table: Element, name: str) -> Element:
    """A table that may be wider than the page, and is then scrolled by itself."""
    return element("div", table, class_="scroll", role="region", aria_label=name, tabindex=0)


def _branches(row: RowAnalysis) -> list[tuple[str, int, int, int]]:
    """Params, MACs and elements given, by the row's parts, in order."""
    start = len(row.node.path) + 1
    sums: dict[str, list[int]] = {}
    for layer in row.layers:
        name = layer.op.path[start:].partition(".")[0]
        part = sums.setdefault(name, [0, 0, 0])
        part[0] += layer.cost.params
        part[1] += layer.cost.macs
        part[2] += prod(layer.output)
    if len(sums) > MAXIMUM_PARTS:
        whole = [sum(part) for part in zip(*sums.values(), strict=True)]
        sums = {"": whole}
    return [(name, params, macs, given) for name, (params, macs, given) in sums.items()]


def _name_of(run: Run) -> str:
    """The name of a row, or of the first of several alike."""
    more = len(run.nodes) - 1
    return f"{run.first.name} and {more:,} more alike, each" if more else run.first.name


def _bar(parts: Iterable[tuple[str, int]], most: int, share: bool = False) -> Element:
    """A cell with a bar, in parts, as long as its sum is of ``most``, and the sum in digits."""
    parts = list(parts)
    whole = sum(n for _, n in parts)
    if not whole:
        return element("td")
    picture = element("svg", class_="bar", viewBox="0 0 1000 10", preserveAspectRatio="none")
    picture.set("aria-hidden", "true")
    passed = 0
    for i, (name, n) in enumerate(parts):
        left, right = passed * 1000 // most, (passed + n) * 1000 // most
        passed += n
        if right > left:
            piece = element("rect", x=left, width=max(1, right - left), height=10)
            piece.set("class", f"p{i % 4}")
            if name:
                piece.append(element("title", f"{name}: {n:,}"))
            picture.append(piece)
    text = f"{whole:,}"
    if share:
        text += f" ({_percent(whole, most)})"
    return element("td", picture, text)


def _percent(part: int, whole: int) -> str:
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def _sum(layers: Iterable[LayerAnalysis]) -> tuple[int, int, int]:
    layers = list(layers)
    params = sum(layer.cost.params for layer in layers)
    macs = sum(layer.cost.macs for layer in layers)
    return params, macs, sum(prod(layer.output) for layer in layers)


def _stated(line: Line) -> str:
    span = line.node.span
    return span.source.line(span.line).strip()[:120]


def _number(number: int) -> Element:
    return element("td", f"{number:,}" if number else "", class_="number")


def _heading(text: str, number: bool) -> Element:
    return element("th", text.replace("/ ", "/"), scope="col", class_="number" if number else None)


def _numeric(grid: Grid) -> set[str]:
    """The headings of columns that hold nothing but numbers."""
    found = set()
    for i, heading in enumerate(grid.headings):
        texts = [row[i].text for row in grid.rows if row[i].text]
        digits = (text.lstrip("+-")[:1].isdigit() and "x" not in text for text in texts)
        if i and texts and all(digits):
            found.add(heading)
    return found


def _cell(cell: GridCell, number: bool, place: str, notes: list[str]) -> Element:
    kind = " ".join([*(["number"] if number else []), *([cell.verdict] if cell.verdict else [])])
    result = cell.result
    if result is None:
        return element("td", cell.text, class_=kind or None)
    if cell.verdict == "match":
        tick = element("span", "✓", title="as printed", role="img", aria_label="as printed")
        return element("td", f"{result.computed} ", tick, class_=kind)
    note = None
    if result.why is not None:
        notes.append(f"{place}: {result.why}")
        note = element("sup", str(len(notes)))
    word = "erratum: printed " if cell.verdict == "erratum" else "mismatch: printed "
    hidden = element("span", word, class_="spoken")
    printed = element("span", hidden, element("s", result.printed), note, class_="printed")
    return element("td", f"{result.computed} ", printed, class_=kind)
