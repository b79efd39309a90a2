"""Rank counting conventions by how many cells of the printed table they explain."""

from itertools import product
from typing import NamedTuple, get_args

from archc.analyses import Analysis
from archc.checks.computed import compute_at, gives_printed
from archc.language.sections.printed_numbers import COUNTS, LETTERS, Convention, Rounding


class ConventionFit(NamedTuple):
    """The printed cells of a column that a convention explains.

    ``explained`` has the paths of their rows, ``printed`` is the number of printed cells.
    ``stated`` tells whether the spec states this convention.
    """

    column: str
    convention: Convention
    explained: tuple[str, ...]
    printed: int
    stated: bool


def rank_conventions(analysis: Analysis) -> list[ConventionFit]:
    """Return every convention with the printed cells that it explains, the best first.

    A convention counts weights or all parameters (MACs or FLOPs), reads a letter as a power of
    1000 or of 1024, and rounds down, to the nearest or up.
    """
    table = analysis.network.table
    fits: list[ConventionFit] = []
    for column, counts in COUNTS.items():
        stated = table.conventions.get(column) if table else None
        if table is None or stated is None:
            continue
        units = [unit for unit, letter in LETTERS.items() if letter == LETTERS[stated.unit]]
        printed = {
            path: (row.cells[column].text, computed.cost)
            for path, row in (*table.rows.items(), *table.totals.items())
            if column in row.cells and (computed := compute_at(analysis, path))
        }
        for count, unit, rounding in product(counts, units, get_args(Rounding)):
            convention = Convention(count=count, unit=unit, round=rounding)
            explained = tuple(
                path
                for path, (text, cost) in printed.items()
                if gives_printed(cost, text, convention)
            )
            fits.append(
                ConventionFit(column, convention, explained, len(printed), convention == stated)
            )
    order = [*COUNTS]
    return sorted(
        fits, key=lambda fit: (order.index(fit.column), -len(fit.explained), not fit.stated)
    )
