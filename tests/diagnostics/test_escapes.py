"""Tests that names from outside cannot control a terminal or a CI log in any command."""

import json
import re
import subprocess
import sys
from pathlib import Path
from unicodedata import category

import pytest
import torch
from click.testing import Result
from command_line import run

import archc
from archc.commands.printing import _COLOUR
from archc.diagnostics.escapes import escape_line, escape_lines

SHIPPED = Path(__file__).parents[2] / "specs"
NASTY = "::a\n::stop-commands::tok\r\n##[group]\x1b[31m\x1b]0;title\x07\u202etxt\u2028\x9b"
GOOD, FAULTY, DEAD = f"{NASTY}good.yaml", f"{NASTY}faulty.yaml", f"{NASTY}dead.yaml"
TOY = (
    "archc: 1\nname: Toy\ninput: 3x8x8\nclasses: 10\n"
    "stem:\n  conv: {Conv: 3x3, out: 4, activation: ReLU}\n"
    "  pool: {AvgPool: global}\n  flatten: Flatten\n  fc: {Linear: classes}\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "1000")
    Path("specs").mkdir()
    for place in (Path(), Path("specs")):
        (place / GOOD).write_text(TOY)
        (place / FAULTY).write_text(TOY.replace("classes: 10", "clases: 10\nmore: 1"))
        (place / "toy.yaml").write_text(TOY)
        (place / "variant.yaml").write_text("extends: missing.yaml\nname: Net\n")
    return tmp_path


def is_harmless(text: str, commands: bool = False) -> bool:
    """Whether the text has no invisible characters, and no lines that a CI takes for commands.

    With ``commands``, lines that begin like archc's own annotations are allowed.
    """
    unseen = {c for c in _COLOUR.sub("", text) if category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    starts = [line for line in text.split("\n") if line.lstrip().startswith("::")]
    if commands:
        starts = [s for s in starts if not re.match("::(error|warning) title=archc", s)]
    return unseen <= {"\n"} and not starts


CALLS: list[tuple[str, ...]] = [
    *(("check", "--format", form, name) for form in ("full", "concise", "json", "sarif", "github",
      "junit") for name in (GOOD, FAULTY, DEAD)),
    ("check",),
    ("check", "variant.yaml"),
    ("check", "--fix", FAULTY),
    ("check", "--select", NASTY, GOOD),
    ("check", "--target", NASTY, GOOD),
    ("check", "--format", NASTY, GOOD),
    ("check", "--set", NASTY, GOOD),
    ("check", "--set", f"{NASTY}=1", GOOD),
    (NASTY,),
    ("check", f"--{NASTY}"),
    ("build", GOOD),
    ("build", FAULTY),
    ("build", "--out", NASTY, "toy.yaml"),
    ("build", "--out", NASTY, "--check", "toy.yaml"),
    ("build", "--out", NASTY, "--diff", "toy.yaml"),
    ("build", "--out", GOOD, "toy.yaml"),
    ("build", "--backend", NASTY, "toy.yaml"),
    ("build", "--backend", "onnx", "--weights", NASTY, "toy.yaml"),
    *(("table", "--format", form, GOOD) for form in ("text", "json", "md", "csv", "latex")),
    ("table", "--conventions", GOOD),
    ("table", "--layers", GOOD),
    *(("diff", "--format", form, GOOD, "googlenet.yaml") for form in ("text", "json", "md")),
    ("diff", f"{NASTY}:toy.yaml", GOOD),
    ("diff", f"HEAD:{NASTY}", GOOD),
    ("report", GOOD),
    ("report", GOOD, "toy.yaml", "-o", f"{NASTY}.html"),
    ("report", "--at", NASTY, "--format", "svg", GOOD),
    ("report", "--module", NASTY, "--format", "svg", GOOD),
    ("report", "--each", "-o", NASTY, GOOD, "toy.yaml"),
    ("report", "-o", GOOD, "toy.yaml"),
    ("explain", NASTY),
    ("new", GOOD, "--from", "toy.yaml"),
    ("new", "mine.yaml", "--from", GOOD),
    ("new", f"{NASTY}/mine.yaml", "--from", "toy.yaml"),
    ("verify", GOOD),
    ("verify", "--out", NASTY, "toy.yaml"),
    ("weights", GOOD, NASTY, "--check"),
    ("weights", GOOD, "toy.yaml", "--check"),
    ("weights", GOOD, "hostile.pt", "--check"),
    ("weights", GOOD, "good.pt", "-o", f"{NASTY}.pt"),
    ("weights", "--from", NASTY, GOOD, "good.pt", "--check"),
    ("bench", "--only", NASTY, GOOD),
    ("bench", "--plot", NASTY, GOOD),
]  # fmt: skip


@pytest.mark.parametrize("arguments", CALLS, ids=lambda call: escape_line(" ".join(call))[:60])
def test_no_command_prints_a_name_as_it_is(arguments: tuple[str, ...]) -> None:
    state = archc.module_class("toy.yaml")().state_dict()
    torch.save(state, "good.pt")
    torch.save({**state, NASTY: torch.zeros(1)}, "hostile.pt")
    result: Result = run(*arguments)
    assert is_harmless(result.output, commands="github" in arguments), result.output
    if "json" in arguments or "sarif" in arguments:
        json.loads(result.stdout)


def test_a_name_is_shown_by_its_escapes() -> None:
    result = run("check", GOOD)
    assert result.exit_code == 0
    assert result.output.startswith(
        r"\x3a:a\n::stop-commands::tok\r\n#\x23[group]\x1b[31m\x1b]0;title\x07\u202etxt\u2028\x9b"
        "good.yaml: ok"
    )


def test_an_ordinary_name_stays_as_it_is() -> None:
    Path("größe 1-a::b.yaml").write_text(TOY)
    assert run("check", "größe 1-a::b.yaml").output.startswith("größe 1-a::b.yaml: ok, ")


def test_a_report_of_a_spec_with_a_line_feed_is_written_and_current() -> None:
    assert run("report", GOOD, "-o", "x.html").output == "wrote x.html\n"
    assert run("report", GOOD, "-o", "x.html", "--check").exit_code == 0


def test_a_key_of_a_checkpoint_is_shown_by_its_escapes() -> None:
    state = archc.module_class("toy.yaml")().state_dict()
    torch.save({**state, NASTY: torch.zeros(1)}, "hostile.pt")
    result = run("weights", "toy.yaml", "hostile.pt", "--check")
    assert result.exit_code == 1
    assert r"\x3a:a\n::stop-commands::tok\r\n" in result.output


def test_a_fault_of_its_own_quotes_names_on_its_line() -> None:
    fails = (
        "import sys, archc.cli as cli; sys.argv[1:] = ['check', 'toy.yaml']\n"
        f"def fail(*_): raise ValueError({NASTY!r})\n"
        "cli._Commands.get_command = fail; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", fails], capture_output=True, check=False)
    assert done.returncode == 70
    said = done.stderr.decode()
    assert is_harmless(said)
    assert len(said.splitlines()) == 2
    assert said.startswith(r"archc: internal error: ValueError: ::a\n::stop-commands::tok")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("net.yaml", "net.yaml"),
        ("a\nb", r"a\nb"),
        ("::error", r"\x3a:error"),
        (" \t::error", r" \t::error"),
        ("  ::error", r"  \x3a:error"),
        ("a::b", "a::b"),
        ("# ##[a] ##vso[b] ##c", r"# #\x23[a] #\x23vso[b] ##c"),
        ("\udcff", r"\udcff"),
        ("\ufeff\u200b\xad", r"\ufeff\u200b\xad"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert escape_line(text) == shown
    assert escape_line(shown) == shown


def test_lines_keep_the_line_feeds_that_are_archcs_own() -> None:
    assert escape_lines("a\n::b\r\n\n  c") == "a\n\\x3a:b\\r\n\n  c"
