"""Records as CSV and as a pandas DataFrame."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from archc.ops.operator import format_shape

if TYPE_CHECKING:
    from pandas import DataFrame

_WIDEST = 2**63


def as_csv(records: Iterable[Mapping[str, object]]) -> str:
    """Return records as CSV, with a header; records may lack keys."""
    records = tuple(records)
    out = io.StringIO(newline="\n")
    headings = dict.fromkeys(key for record in records for key in record)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([_plain(record.get(key)) for key in headings] for record in records)
    return out.getvalue()


def as_frame(records: Sequence[Mapping[str, object]]) -> "DataFrame":
    """Return records as a pandas DataFrame with the columns of ``as_csv``.

    Columns are integers, floats or strings; missing values are NA. Needs the extra ``notebook``.
    """
    from pandas import DataFrame, Series

    headings = dict.fromkeys(key for record in records for key in record)
    columns = {}
    for key in headings:
        values = [record.get(key) for record in records]
        kind = _kind(values)
        cells = [_plain(v) if kind == "string" and v is not None else v for v in values]
        columns[key] = Series(cells, dtype=kind)
    return DataFrame(columns)


def _kind(values: Iterable[object]) -> str:
    """Return the nullable pandas dtype of a column."""
    present = [value for value in values if value is not None]
    if not present or any(type(value) not in (int, float) for value in present):
        return "string"
    if any(isinstance(value, float) for value in present):
        return "Float64"
    # Counts may exceed 64 bits.
    fits = all(isinstance(value, int) and -_WIDEST <= value < _WIDEST for value in present)
    return "Int64" if fits else "object"


def _plain(value: object) -> str:
    """Return digits without separators, shapes as ``64x112x112``, true or false; None is empty."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return format_shape(tuple(value))
    return "" if value is None else str(value)
