"""Tests records as CSV."""

from command_line import run_in_encoding


def test_csv_is_the_same_bytes_in_any_encoding() -> None:
    plain, wide = (
        run_in_encoding(e, "table", "googlenet.yaml", "--format", "csv")
        for e in ("ascii", "utf-16")
    )
    assert plain == wide
    assert plain.startswith(b"row,type,patch,output,output printed,output verdict,")
    assert b"\r" not in plain
