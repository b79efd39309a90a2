"""The picture at the top of the README: one row of a spec, drawn, checked and compiled.

``python docs/overview.py FILE`` writes it; with ``--check`` it fails where the file is stale. Every
line in it comes from the spec, from ``archc table`` or from the generated file.
"""

import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

import archc

ROOT = Path(__file__).parents[1]
SPEC, ROW, CELL, ARGUMENT, ERRATUM = "googlenet", "inception4c", " 256", "n3x3=256", "e 463K"

HEADINGS = ("inception: #", "patch/", "row ")

WIDTH, MARGIN, PADDING, LINE, GAP = 880, 1, 14, 17, 10
STYLE = """\
.overview>text{font:11.5px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;\
white-space:pre}
.overview>.title{font:bold 12px Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif}
.overview svg .ground{fill:none}
.overview>.panel{fill:#f6f8fa;stroke:#c3cad2}.overview>text{fill:#1f2328}
.overview>.muted{fill:#59636e}.value{fill:#0550ae;font-weight:bold}
.erratum{fill:#b3261e;font-weight:bold}
@media screen and (prefers-color-scheme:dark){.overview>.panel{fill:#1c2128;stroke:#444c56}
.overview>text{fill:#f0f3f6}.overview>.muted{fill:#a6b0ba}.value{fill:#79c0ff}.erratum{fill:#ff7b72}}
"""


def overview() -> str:
    """The picture as SVG."""
    shapes: list[str] = []
    top = MARGIN
    drawn = str(archc.draw(SPEC, ROW))
    for title, lines in (
        (f"You write the paper's row: specs/{SPEC}.yaml", spec_lines()),
        ("archc checks it against the printed table: archc table", table_lines()),
        (f"and compiles it: generated/{SPEC}.py", code_lines()),
    ):
        height = 2 * PADDING + LINE * (len(lines) + 1)
        if not shapes:
            height = max(height, 104 + GAP)
        x, y = MARGIN + PADDING, top + PADDING + 8
        shapes.append(
            f'<rect class="panel" x="{MARGIN}" y="{top}" width="{WIDTH - 2 * MARGIN}" '
            f'height="{height}" rx="9" />'
        )
        shapes.append(f'<text class="title" x="{x}" y="{y}">{escape(title)}</text>')
        for number, line in enumerate(lines, 1):
            kind = "muted" if line.lstrip().startswith(HEADINGS) else "line"
            shapes.append(
                f'<text class="{kind}" x="{x}" y="{y + 3 + LINE * number}" xml:space="preserve">'
                f"{marked(line)}</text>"
            )
        if top == MARGIN:
            width = int(drawn.partition(' width="')[2].partition('"')[0])
            place = f'<svg x="{WIDTH - MARGIN - GAP - width}" y="{top + GAP // 2}" '
            shapes.append(drawn.replace("<svg ", place, 1))
        top += height + GAP
    size = (
        f'viewBox="0 0 {WIDTH} {top - GAP + MARGIN}" width="{WIDTH}" height="{top - GAP + MARGIN}"'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="overview" {size} role="img">'
        f"<title>One row of GoogLeNet in archc</title><style>{STYLE}</style>"
        f"{''.join(shapes)}</svg>\n"
    )


def spec_lines() -> list[str]:
    """The row in the spec, below the names of its columns."""
    lines = (ROOT / "specs" / f"{SPEC}.yaml").read_text().splitlines()
    return [line for line in lines if line.startswith(("inception: #", f"  {ROW}:"))]


def table_lines() -> list[str]:
    """The row in the table, below the names of its columns, and the reason of its erratum."""
    command = (sys.executable, "-m", "archc", "table", SPEC)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    return [*lines[:2], *(line for line in lines if line.lstrip().startswith(ROW))]


def code_lines() -> list[str]:
    """Where the generated class constructs the row's module, and where it calls it."""
    lines = (ROOT / "generated" / f"{SPEC}.py").read_text().splitlines()
    first = next(n for n, line in enumerate(lines) if line.lstrip().startswith(f"self.{ROW} ="))
    called = next(line for line in lines if f"self.{ROW}(x)" in line)
    return [line.removeprefix(" " * 8) for line in (*lines[first : first + 3], called)]


def marked(line: str) -> str:
    """The line with the value that all panels show in colour, and the erratum in another."""
    text = escape(line)
    for words, kind in ((CELL, "value"), (ARGUMENT, "value"), (ERRATUM, "erratum")):
        text = text.replace(words, f'<tspan class="{kind}">{words}</tspan>', 1)
    return text


def main(arguments: list[str]) -> Iterator[str]:
    """Write the file that is named, or say that it is stale."""
    check = "--check" in arguments
    (name,) = (argument for argument in arguments if argument != "--check")
    current = overview()
    if not check:
        Path(name).write_text(current)
    elif not Path(name).exists() or Path(name).read_text() != current:
        yield f"{name} is stale: run bash docs/pictures.sh"


if __name__ == "__main__":
    sys.exit("\n".join(main(sys.argv[1:])) or 0)
