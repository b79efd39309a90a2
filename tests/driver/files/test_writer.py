"""Tests that unreadable and unwritable files are reported by the command line, and not damaged."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archc.cli import cli

SPEC = """\
archc: 1
name: Small
input: 3x8x8
classes: 10
stem:
  conv1: {Conv: 3x3, out: 4, activation: ReLU}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""
CHANGED = SPEC.replace("out: 4", "out: 5")
FOREIGN = b"# my own notes\nanswer = 42\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory with one good spec."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SPEC)
    return tmp_path


def archc(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def built() -> Path:
    """Return small.py as archc writes it."""
    assert archc("build", "small.yaml").exit_code == 0
    return Path("generated", "small.py")


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file below the folder, with its bytes and modification time."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_refused(result: Result, *expected: str) -> None:
    """Assert exit status 1, every expected text in the output, and no traceback."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    for text in expected:
        assert text in result.stderr
    assert "Traceback" not in result.stderr
    assert "wrote" not in result.stdout


def closing(command: str) -> str:
    """Return the last line of a command's output with errors."""
    return {"build": "nothing was written\n", "check": "1 error\n"}.get(command, "")


# Unreadable specs.


@pytest.mark.parametrize("command", ["check", "build", "table", "verify"])
def test_a_directory(command: str, folder: Path) -> None:
    Path("net.yaml").mkdir()
    before = everything(folder)
    result = archc(command, "net.yaml")
    assert_refused(result)
    message = "error[A101] net.yaml is a directory, not a spec\n"
    assert result.stderr == message + closing(command)
    assert everything(folder) == before


@pytest.mark.parametrize("command", ["check", "build", "table", "verify"])
def test_a_missing_spec_suggests_a_similar_name(command: str, folder: Path) -> None:
    Path("specs").mkdir()
    Path("small.yaml").rename("specs/small.yaml")
    before = everything(folder)
    result = archc(command, "smal.yaml")
    assert_refused(result)
    message = "error[A101] spec not found: smal.yaml\n  = hint: did you mean small.yaml?\n"
    assert result.stderr == message + closing(command)
    assert everything(folder) == before


def test_a_missing_spec_lists_what_there_is() -> None:
    result = archc("check", "zzz.yaml")
    assert_refused(
        result, "error[A101] spec not found: zzz.yaml", "hint: known specs: ", "googlenet.yaml"
    )


@pytest.mark.parametrize("name", ["small.yaml/inner.yaml", "a" * 5000 + ".yaml", "a\0b.yaml", ""])
def test_a_name_that_no_file_can_have(name: str) -> None:
    assert_refused(archc("check", name), "error[A101]")


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not with chmod: tests may run as root, who can read every file.
    real: Any = os.open

    def denied(path: Any, *arguments: Any, **options: Any) -> Any:
        if Path(path).name == "small.yaml":
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", denied)
    result = archc("check", "small.yaml")
    assert_refused(result)
    assert result.stderr == "error[A101] cannot read small.yaml: Permission denied\n1 error\n"


def test_a_pipe_is_not_waited_for() -> None:
    os.mkfifo("pipe.yaml")
    result = archc("check", "pipe.yaml")
    assert_refused(result)
    assert result.stderr == "error[A101] pipe.yaml is not a regular file\n1 error\n"


def test_not_utf8_is_shown_at_its_place() -> None:
    Path("latin.yaml").write_bytes(SPEC.replace("name", "about: größe\nname").encode("latin-1"))
    result = archc("check", "latin.yaml")
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
    assert_refused(
        archc("check", "wide.yaml"), "wide.yaml:1:1: error[A101] invalid UTF-8: byte 0xff"
    )


def test_a_byte_order_mark_is_no_fault() -> None:
    Path("marked.yaml").write_bytes(b"\xef\xbb\xbf" + SPEC.encode())
    assert archc("check", "marked.yaml").exit_code == 0


def test_a_file_of_exactly_one_megabyte_is_read_and_a_larger_one_is_not() -> None:
    lines = ("#" * 999 + "\n") * 1000
    comment = lines[: 1_000_000 - len(SPEC)]
    Path("large.yaml").write_text(SPEC + comment)
    assert archc("check", "large.yaml").exit_code == 0
    Path("large.yaml").write_text(SPEC + comment + "#")
    result = archc("check", "large.yaml")
    assert_refused(result)
    assert (
        result.stderr
        == "large.yaml:1:1: error[A105] large.yaml is larger than 1,000,000 bytes\n1 error\n"
    )


def test_a_process_of_its_own_ends_with_status_1_and_no_traceback() -> None:
    command = [sys.executable, "-m", "archc", "check", "nowhere.yaml"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("error[A101] spec not found: nowhere.yaml\n")
    assert "Traceback" not in ended.stderr


# Invalid specs do not change generated files.


@pytest.mark.parametrize(
    "faulty",
    [
        "",
        "archc: [1",
        SPEC.replace("Conv:", "Cnov:"),
        SPEC.replace("3x3, out: 4", "9x9 valid, out: 4"),
        SPEC.replace("conv1", "forward"),
    ],
    ids=["empty", "syntax", "kind", "shape", "reserved by the backend"],
)
def test_a_spec_that_became_faulty_harms_nothing(faulty: str, folder: Path) -> None:
    built()
    Path("small.yaml").write_text(faulty)
    before = everything(folder)
    assert_refused(archc("build", "small.yaml"), "small.yaml:", "error[A")
    assert everything(folder) == before


@pytest.mark.parametrize("order", [("good.yaml", "bad.yaml"), ("bad.yaml", "good.yaml")])
def test_one_faulty_spec_among_good_ones_means_that_nothing_is_written(
    order: tuple[str, str], folder: Path
) -> None:
    built()
    Path("good.yaml").write_text(SPEC)
    Path("bad.yaml").write_text(SPEC.replace("Linear", "Linaer"))
    Path("small.yaml").write_text(CHANGED)
    before = everything(folder)
    result = archc("build", "small.yaml", *order)
    assert_refused(result, "bad.yaml:9:8: error[A205] unknown layer kind Linaer")
    assert everything(folder) == before


def test_every_faulty_spec_is_explained() -> None:
    Path("one.yaml").write_text(SPEC.replace("Linear", "Linaer"))
    Path("two.yaml").write_text(SPEC.replace("3x3", "3x"))
    result = archc("build", "one.yaml", "small.yaml", "two.yaml")
    assert_refused(result, "one.yaml:9:8: error[A205]", "two.yaml:6:17: error[A203]")
    assert not Path("generated").exists()


def test_a_spec_whose_name_is_no_module_name(folder: Path) -> None:
    Path("small.yaml").rename("class.yaml")
    before = everything(folder)
    assert_refused(
        archc("build", "class.yaml"),
        "error[A204] cannot generate a file named class from class.yaml",
    )
    assert everything(folder) == before


# Targets that cannot or must not be written.


def test_the_output_folder_is_a_file(folder: Path) -> None:
    Path("generated").write_bytes(FOREIGN)
    before = everything(folder)
    assert_refused(archc("build", "small.yaml"), "error[A505]", "generated/small.py")
    assert everything(folder) == before


def test_the_output_folder_cannot_be_made(folder: Path) -> None:
    Path("file").write_bytes(FOREIGN)
    before = everything(folder)
    result = archc("build", "small.yaml", "--out", "file/generated")
    assert_refused(result, "error[A505]", "file/generated/small.py")
    assert everything(folder) == before


def test_a_target_that_is_a_directory(folder: Path) -> None:
    Path("generated/small.py").mkdir(parents=True)
    before = everything(folder)
    for options in ([], ["--force"]):
        result = archc("build", "small.yaml", *options)
        assert_refused(result, "error[A505]", "generated/small.py")
        assert everything(folder) == before


@pytest.mark.parametrize("options", [[], ["--force"]])
@pytest.mark.parametrize("target", ["victim.py", "nowhere.py"])
def test_a_symbolic_link_is_not_written_through(
    target: str, options: list[str], folder: Path
) -> None:
    Path("victim.py").write_bytes(FOREIGN)
    Path("generated").mkdir()
    Path("generated/small.py").symlink_to(folder / target)
    before = everything(folder)
    result = archc("build", "small.yaml", *options)
    assert_refused(result, "error[A505] generated/small.py is a symbolic link")
    assert everything(folder) == before
    assert Path("generated/small.py").is_symlink()


def test_a_foreign_file_is_left_alone_without_force(folder: Path) -> None:
    target = Path("generated/small.py")
    target.parent.mkdir()
    target.write_bytes(FOREIGN)
    before = everything(folder)
    result = archc("build", "small.yaml")
    assert_refused(
        result,
        "error[A504] cannot replace generated/small.py: it was not written by archc",
        "use --force to replace it",
    )
    assert everything(folder) == before
    assert archc("build", "small.yaml", "--force").exit_code == 0
    assert b"Generated by archc" in target.read_bytes()


def test_one_foreign_file_means_that_nothing_is_written(folder: Path) -> None:
    Path("other.yaml").write_text(SPEC)
    Path("generated").mkdir()
    Path("generated/small.py").write_bytes(FOREIGN)
    before = everything(folder)
    assert_refused(archc("build", "other.yaml", "small.yaml"), "error[A504]")
    assert everything(folder) == before


def test_an_edited_file_is_left_alone_without_force(folder: Path) -> None:
    target = built()
    written = target.read_bytes()
    target.write_bytes(written + b"# by hand\n")
    Path("small.yaml").write_text(CHANGED)
    before = everything(folder)
    result = archc("build", "small.yaml")
    assert_refused(
        result,
        "error[A504] cannot replace generated/small.py: it was edited",
        "use --force to replace it",
    )
    assert everything(folder) == before
    assert archc("build", "small.yaml", "--force").exit_code == 0
    assert b"by hand" not in target.read_bytes()
    assert target.read_bytes() != written


def test_an_unedited_file_is_replaced() -> None:
    target = built()
    written = target.read_bytes()
    Path("small.yaml").write_text(CHANGED)
    assert archc("build", "small.yaml").exit_code == 0
    assert target.read_bytes() != written


def test_nothing_temporary_stays_behind(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    target = built()
    Path("small.yaml").write_text(CHANGED)
    before = everything(folder)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = archc("build", "small.yaml")
    assert_refused(result, f"error[A505] cannot write {target}: No space left on device")
    assert everything(folder) == before


# --check and --diff write nothing and report differences.


def test_check_of_a_current_file(folder: Path) -> None:
    built()
    before = everything(folder)
    result = archc("build", "small.yaml", "--check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "1 generated file is current\n"
    assert everything(folder) == before


def test_check_of_a_stale_file(folder: Path) -> None:
    built()
    Path("small.yaml").write_text(CHANGED)
    before = everything(folder)
    result = archc("build", "small.yaml", "--check")
    assert_refused(result, "error[A501] generated/small.py is out of date")
    assert everything(folder) == before


def test_check_of_an_edited_file(folder: Path) -> None:
    target = built()
    target.write_bytes(target.read_bytes() + b"\n")
    before = everything(folder)
    result = archc("build", "small.yaml", "--check")
    assert_refused(
        result, "error[A501] generated/small.py was edited after", "small.yaml --force to update it"
    )
    assert everything(folder) == before


def test_check_of_a_missing_file(folder: Path) -> None:
    before = everything(folder)
    result = archc("build", "small.yaml", "--check")
    assert_refused(result, "error[A502] generated/small.py is missing", "run archc build")
    assert everything(folder) == before


def test_check_of_an_orphaned_file(folder: Path) -> None:
    built()
    Path("small.yaml").rename("other.yaml")
    assert archc("build", "other.yaml").exit_code == 0
    before = everything(folder)
    result = archc("build", "other.yaml", "--check")
    assert_refused(
        result,
        "generated/small.py was generated from small.yaml, but no spec generates it now",
    )
    assert everything(folder) == before
    Path("generated/small.py").unlink()
    assert archc("build", "other.yaml", "--check").exit_code == 0


def test_a_foreign_file_beside_is_no_orphan() -> None:
    built()
    Path("generated/notes.py").write_bytes(FOREIGN)
    assert archc("build", "small.yaml", "--check").exit_code == 0


def test_diff_shows_what_differs(folder: Path) -> None:
    target = built()
    Path("small.yaml").write_text(CHANGED)
    before = everything(folder)
    result = archc("build", "small.yaml", "--diff")
    assert_refused(result, "error[A501]")
    lines = result.stdout.splitlines()
    assert lines[:2] == [f"--- {target}", f"+++ {target}, from its spec"]
    removed = [line for line in lines[2:] if line.startswith("-")]
    added = [line for line in lines[2:] if line.startswith("+")]
    assert any("ConvReLU(3, 4" in line for line in removed)
    assert any("ConvReLU(3, 5" in line for line in added)
    assert everything(folder) == before


def test_diff_of_a_missing_file_shows_all_of_it() -> None:
    result = archc("build", "small.yaml", "--diff")
    assert_refused(result, "error[A502]")
    assert result.stdout.startswith("--- /dev/null\n+++ generated/small.py, from its spec\n")
    assert "+class Small(nn.Module):" in result.stdout


def test_diff_of_a_current_file_is_empty() -> None:
    built()
    result = archc("build", "small.yaml", "--diff")
    assert (result.exit_code, result.stdout) == (0, "1 generated file is current\n")


def test_diff_marks_a_file_that_does_not_end_in_a_line_feed() -> None:
    target = built()
    target.write_bytes(target.read_bytes() + b"# last")
    result = archc("build", "small.yaml", "--diff")
    assert result.stdout.endswith("\n-# last\n\\ No newline at end of file\n")


# What happens to files, and how it is reported.


def hint_of(*arguments: str) -> str:
    result = archc("build", "small.yaml", *arguments)
    assert_refused(result)
    return result.stderr.partition("hint: ")[2]


def test_hints_of_check_say_what_build_does() -> None:
    target = built()
    current = target.read_bytes()
    Path("small.yaml").write_text(CHANGED)
    assert "run archc build small.yaml to update it" in hint_of("--check")
    assert archc("build", "small.yaml").exit_code == 0
    for content in (current + b"# by hand\n", FOREIGN):
        target.write_bytes(content)
        assert "run archc build small.yaml --force to update it" in hint_of("--check")
        assert hint_of().startswith("use --force to replace it")
        assert target.read_bytes() == content
    assert_refused(archc("build", "small.yaml", "--check"), "small.py was not written by archc")


def test_a_current_file_is_not_written_again(folder: Path) -> None:
    built()
    Path("other.yaml").write_text(SPEC)
    before = everything(folder)["generated/small.py"]
    result = archc("build", "small.yaml", "other.yaml")
    assert result.stdout == "unchanged generated/small.py\nwrote generated/other.py\n"
    assert everything(folder)["generated/small.py"] == before


@pytest.mark.parametrize("content", [SPEC.replace("Linear", "Linaer"), CHANGED])
def test_a_build_that_fails_says_that_nothing_was_written(content: str) -> None:
    target = built()
    target.write_bytes(FOREIGN)
    Path("small.yaml").write_text(content)
    assert archc("build", "small.yaml").stderr.endswith("\nnothing was written\n")
    assert "nothing was written" not in archc("build", "small.yaml", "--check").stderr


def test_where_one_file_cannot_be_written_none_is(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    Path("other.yaml").write_text(SPEC)
    assert archc("build", "small.yaml", "other.yaml").exit_code == 0
    Path("small.yaml").write_text(CHANGED)
    Path("other.yaml").write_text(CHANGED)
    before = everything(folder)
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = archc("build", "small.yaml", "other.yaml")
    assert_refused(result, "error[A505] cannot write generated/other.py", "nothing was written")
    assert len(calls) == 2
    assert everything(folder) == before


def test_one_file_by_two_paths_is_one_spec(folder: Path) -> None:
    result = archc("build", "small.yaml", "./small.yaml", folder / "small.yaml")
    assert (result.exit_code, result.stdout) == (0, "wrote generated/small.py\n")


def test_two_specs_of_one_name_are_both_named() -> None:
    Path("inner").mkdir()
    Path("inner/small.yaml").write_text(SPEC)
    result = archc("build", "small.yaml", "inner/small.yaml")
    assert_refused(result, "small.yaml and inner/small.yaml both generate small.py")


def test_a_spec_that_was_not_passed_leaves_no_orphan() -> None:
    Path("other.yaml").write_text(SPEC)
    assert archc("build", "small.yaml", "other.yaml", "googlenet.yaml").exit_code == 0
    assert archc("build", "other.yaml", "--check").exit_code == 0
    Path("inner").mkdir()
    Path("small.yaml").rename("inner/small.yaml")
    Path("other.yaml").rename("inner/other.yaml")
    assert archc("build", "inner/other.yaml", "--check").exit_code == 0
    assert archc("build", "googlenet.yaml", "--check").exit_code == 1


def test_of_all_specs_a_shipped_one_is_none() -> None:
    Path("specs").mkdir()
    Path("small.yaml").rename("specs/small.yaml")
    assert archc("build", "small.yaml", "googlenet.yaml").exit_code == 0
    assert archc("build", "small.yaml", "--check").exit_code == 0
    result = archc("build", "--check")
    assert_refused(
        result, "googlenet.py was generated from googlenet.yaml, but no spec generates it now"
    )


def test_an_empty_folder_name_is_wrong_usage() -> None:
    result = archc("build", "small.yaml", "--out", "")
    assert result.exit_code == 2
    assert "the name is empty" in result.stderr
    assert archc("build", "small.yaml", "--out", ".").exit_code == 0


def test_a_number_to_set_is_in_ascii_digits() -> None:
    for number in ("\N{ARABIC-INDIC DIGIT THREE}", "1_0", " 1", "--1", "nan", ""):
        result = archc("check", "small.yaml", "--set", f"w={number}")
        assert result.exit_code == 2, number
        assert "expected w=NUMBER" in result.stderr


def test_a_missing_backend() -> None:
    result = archc("build", "small.yaml", "--backend", "other")
    assert result.exit_code == 2
    assert "unknown backend other; choose --backend from: " in result.stderr


def test_no_backend_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.driver.backend.load_backend", lambda name: None)
    monkeypatch.setattr("archc.driver.backend.backends", list)
    result = archc("build", "small.yaml")
    assert result.exit_code == 2
    assert result.stderr.endswith("Error: no backend is installed\n")


def test_a_build_counts_one_diagnostic_as_one() -> None:
    Path("small.yaml").write_text(SPEC + "budget: {params: 1}\n")
    assert archc("build", "small.yaml").stderr.endswith("1 error remains; run archc check\n")


# Output that cannot be written.


def shell(redirection: str) -> "subprocess.CompletedProcess[str]":
    command = f"{sys.executable} -m archc check small.yaml {redirection}"
    run = ["/bin/sh", "-c", command]
    return subprocess.run(run, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("redirection", [">&-", ">&- 2>&-", "2>&-"])
def test_closed_streams_are_no_fault(redirection: str) -> None:
    ended = shell(redirection)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_device_is_no_fault_of_archc() -> None:
    ended = shell("> /dev/full")
    assert ended.returncode == 1
    assert ended.stderr == "archc: cannot write output: No space left on device\n"
    assert shell("> /dev/full 2>&1").returncode == 1


def test_a_reader_that_went_away_is_told_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "archc", "check", "small.yaml"]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")
