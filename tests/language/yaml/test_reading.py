"""Tests which files are read as specs, and that all others are reported and not changed."""

import os
from pathlib import Path
from typing import Any

import pytest
from command_line import assert_refused, closing_line, run
from small_spec import SPEC, snapshot


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory with one good spec."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SPEC)
    return tmp_path


@pytest.mark.parametrize("command", ["check", "build", "table", "verify"])
def test_a_directory(command: str, folder: Path) -> None:
    Path("net.yaml").mkdir()
    before = snapshot(folder)
    result = run(command, "net.yaml")
    assert_refused(result)
    message = "error[A101] net.yaml is a directory, not a spec\n"
    assert result.stderr == message + closing_line(command)
    assert snapshot(folder) == before


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not with chmod: tests may run as root, who can read every file.
    real: Any = os.open

    def denied(path: Any, *arguments: Any, **options: Any) -> Any:
        if Path(path).name == "small.yaml":
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", denied)
    result = run("check", "small.yaml")
    assert_refused(result)
    assert result.stderr == "error[A101] cannot read small.yaml: Permission denied\n1 error\n"


def test_a_pipe_is_not_waited_for() -> None:
    os.mkfifo("pipe.yaml")
    result = run("check", "pipe.yaml")
    assert_refused(result)
    assert result.stderr == "error[A101] pipe.yaml is not a regular file\n1 error\n"


def test_not_utf8_is_shown_at_its_place() -> None:
    Path("latin.yaml").write_bytes(SPEC.replace("name", "about: größe\nname").encode("latin-1"))
    result = run("check", "latin.yaml")
    assert_refused(result)
    assert result.stderr == (
        "latin.yaml:2:10: error[A101] invalid UTF-8: byte 0xf6\n"
        "    2 | about: gr\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}e\n"
        "      |          ^\n"
        "  = hint: save the file as UTF-8\n"
        "1 error\n"
    )


def test_utf16_is_not_utf8() -> None:
    Path("wide.yaml").write_bytes(SPEC.encode("utf-16"))
    assert_refused(run("check", "wide.yaml"), "wide.yaml:1:1: error[A101] invalid UTF-8: byte 0xff")


def test_a_byte_order_mark_is_no_fault() -> None:
    Path("marked.yaml").write_bytes(b"\xef\xbb\xbf" + SPEC.encode())
    assert run("check", "marked.yaml").exit_code == 0


def test_a_file_of_exactly_one_megabyte_is_read_and_a_larger_one_is_not() -> None:
    lines = ("#" * 999 + "\n") * 1000
    comment = lines[: 1_000_000 - len(SPEC)]
    Path("large.yaml").write_text(SPEC + comment)
    assert run("check", "large.yaml").exit_code == 0
    Path("large.yaml").write_text(SPEC + comment + "#")
    result = run("check", "large.yaml")
    assert_refused(result)
    assert (
        result.stderr
        == "large.yaml:1:1: error[A105] large.yaml is larger than 1,000,000 bytes\n1 error\n"
    )
