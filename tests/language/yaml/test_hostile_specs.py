"""Tests that malicious specs soon give a located error, or code without their text.

A folder of ``specs/hostile`` is a group; its ``expected.txt`` has a line for each spec: ``builds``
if it gives code, and the code and place of each diagnostic. ``pytest --update-expected`` rewrites
it. ``MADE`` generates specs that are too large for a file.
"""

import ast
import io
import json
import os
import subprocess
import sys
import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import archc
from archc.diagnostics import Code

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "specs" / "hostile"
VALID = ROOT / "specs" / "googlenet.yaml"
GROUPS = sorted(path.name for path in FOLDER.iterdir())
SPECS = [f"{path.parent.name}/{path.name}" for path in sorted(FOLDER.glob("*/*.yaml"))]
MILLISECONDS, MEGABYTES = 50, 64
PAYLOAD = "INJECTED"

BODY = "body: "
HEAD = "archc: 1\nname: Net\ninput: 3x8x8\nclasses: 10\n"


class Made(NamedTuple):
    """A text, generated when needed, and the expected outcome."""

    text: Callable[[], str]
    outcome: str


def rows(count: int, row: str) -> str:
    return HEAD + "stem:\n" + "".join(f"  {row.format(i)}\n" for i in range(count))


def bytes_of(text: str, size: int = 1_000_000) -> str:
    return text * (size // len(text))


MADE = {
    "30,000 brackets on one line": Made(lambda: BODY + "[" * 30_000, "A105 1:1"),
    "9,000 brackets on one line": Made(lambda: BODY + "[" * 9_000, "A105 1:70"),
    "4,000 closed brackets, a line each": Made(
        lambda: BODY + "[\n" * 4_000 + "]\n" * 4_000, "A105 64:1"
    ),
    "30,000 lines of brackets": Made(lambda: "[\n" * 30_000, "A105 1:1"),
    "9,000 braces with keys": Made(lambda: BODY + "{a:\n" * 9_000, "A105 63:2"),
    "1,000 nested blocks": Made(
        lambda: "".join(f"{' ' * i}body:\n" for i in range(1_000)), "A105 64:64"
    ),
    "dashes in dashes": Made(lambda: f"body:\n{'- ' * 4_000}", "A105 2:127"),
    "question marks": Made(lambda: f"body:\n  {'? ' * 4_000}", "A105 2:129"),
    "one megabyte and a byte": Made(lambda: bytes_of("# \n") + "a: 1\n" * 10, "A105 1:1"),
    "a megabyte of comments": Made(
        lambda: BODY + bytes_of(f"# {'x' * 97}\n", 999_000), "A202 1:1, A203 1:1"
    ),
    "a megabyte of blank lines": Made(lambda: bytes_of("\n"), "A105 1:1"),
    "a megabyte of spaces": Made(
        lambda: BODY + bytes_of(f"{' ' * 99}\n", 999_000), "A202 1:1, A203 1:1"
    ),
    "a megabyte of tabs": Made(lambda: BODY + bytes_of("\t" * 99 + "\n", 999_000), "A102 2:1"),
    "a megabyte of one word": Made(lambda: BODY + bytes_of("a", 999_000), "A105 1:1"),
    "a megabyte of one quote": Made(
        lambda: BODY + '"' + bytes_of("a" * 99 + "\n", 999_000), "A102 9991:1"
    ),
    "a megabyte of block text": Made(
        lambda: "body: |\n" + bytes_of(f" {'a' * 98}\n", 999_000), "A102 1:7"
    ),
    "a megabyte of colons": Made(
        lambda: "archc: 1\n" + bytes_of(f"{':' * 99}\n", 999_000), "A104 3:1, A104 4:1, 51 in all"
    ),
    "a megabyte of documents": Made(lambda: bytes_of("---\n"), "A105 1:1"),
    "100,000 keys": Made(lambda: rows(90_000, "k{}: 0"), "A105 1:1"),
    "100,000 rows": Made(lambda: rows(60_000, "k{}: ReLU"), "A105 1:1"),
    "100,000 keys at the top": Made(
        lambda: "".join(f"k{i}: {i}\n" for i in range(80_000)), "A105 1:1"
    ),
    "100,000 of one key": Made(lambda: "a: 1\n" * 190_000, "A105 1:1"),
    "100,000 items": Made(lambda: HEAD + "stem:\n" + "- a\n" * 190_000, "A105 1:1"),
    "1,400 unknown kinds": Made(
        lambda: rows(1_400, "k{0}: Conf{0}"), "A205 6:7, A205 7:7, 51 in all"
    ),
    "1,400 keys that are unknown": Made(
        lambda: "archc: 1\n" + "".join(f"kay{i}: 1\n" for i in range(1_400)),
        "A201 2:1, A201 3:1, 51 in all",
    ),
    "1,400 rows that differ in case": Made(
        lambda: rows(700, "k{0}: ReLU\n  K{0}: ReLU"), "A104 7:3, A104 9:3, 51 in all"
    ),
    "400 layers of unknown fields": Made(
        lambda: rows(400, "k{}: {{Conv: 1x1, outs: 8}}"), "A201 6:19, A201 7:19, 51 in all"
    ),
    "400 unknown rows of the table": Made(
        lambda: (
            rows(1, "conv: ReLU")
            + "table:\n  columns: [depth]\n  rows:\n"
            + "".join(f"    convv{i}: [1]\n" for i in range(400))
        ),
        "builds, A208 10:5, A208 11:5, 50 in all",
    ),
    "400 unknown errata": Made(
        lambda: (
            rows(1, "conv: ReLU")
            + "table:\n  columns: [depth]\n  rows: {conv: [0]}\n  errata:\n"
            + "".join(f"    conv{i}.depth: {{computed: 1, why: x}}\n" for i in range(400))
        ),
        "A208 11:5, A208 12:5, 51 in all",
    ),
    "200 lines of a checkpoint that lead nowhere": Made(
        lambda: (
            rows(200, "conv{}: {{Conv: 1x1, out: 8}}")
            + "checkpoints:\n  one:\n    source: x\n    keys:\n"
            + "".join(f"      a{i}: convv{i}\n" for i in range(200))
        ),
        "builds, A208 210:11",
    ),
    "900 parameters that are not used": Made(
        lambda: (
            rows(1, "conv: ReLU") + "parameters:\n" + "".join(f"  p{i}: 1\n" for i in range(900))
        ),
        "A208 8:3, A208 9:3, 51 in all",
    ),
    "300 heads that tap nothing": Made(
        lambda: (
            rows(1, "conv: ReLU")
            + "aux:\n"
            + "".join(f"  a{i}: {{Aux: ReLU, from: convv, loss_weight: 1}}\n" for i in range(300))
        ),
        "A208 8:25, A208 9:25, 51 in all",
    ),
    "a merge bomb of 2,000 lines": Made(
        lambda: (
            "archc: 1\n" + "".join(f"a{i}: &a{i} {{<<: [*a{i}, *a{i}]}}\n" for i in range(2_000))
        ),
        "A103 2:5, A103 2:10, 51 in all",
    ),
}


class Answers(NamedTuple):
    """The outcome and cost of each spec, and the cost of a valid one, measured in one process."""

    baseline: Any
    answers: Any
    written: list[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def answers(folder: Path) -> Answers:
    paths = [str(FOLDER / name) for name in SPECS]
    for name, made in MADE.items():
        path = folder / f"{name}.yaml"
        path.write_bytes(made.text().encode())
        paths.append(str(path))
    here = folder / "empty"
    here.mkdir()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "helpers" / "measure_checks.py")],
        input=json.dumps([str(VALID), *paths]),
        capture_output=True,
        text=True,
        check=False,
        cwd=here,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    assert list(here.iterdir()) == []
    return Answers(**json.loads(done.stdout))


def path_of(name: str, folder: Path) -> str:
    return str(folder / f"{name}.yaml") if name in MADE else str(FOLDER / name)


def expected(group: str) -> dict[str, str]:
    lines = (FOLDER / group / "expected.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("group", GROUPS)
def test_the_answers_are_the_expected_ones(
    group: str, answers: Answers, request: pytest.FixtureRequest
) -> None:
    names = [name.partition("/")[2] for name in SPECS if name.startswith(f"{group}/")]
    given = {name: answers.answers[str(FOLDER / group / name)]["outcome"] for name in names}
    if request.config.getoption("--update-expected"):
        text = "".join(f"{name}: {outcome}\n" for name, outcome in given.items())
        (FOLDER / group / "expected.txt").write_text(text, encoding="utf-8")
    assert given == expected(group)


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_gives_the_expected_answer(name: str, answers: Answers, folder: Path) -> None:
    assert answers.answers[path_of(name, folder)]["outcome"] == MADE[name].outcome


@pytest.mark.parametrize("name", [*SPECS, *MADE])
def test_it_is_answered_soon_and_in_little_memory(
    name: str, answers: Answers, folder: Path
) -> None:
    answer, baseline = answers.answers[path_of(name, folder)], answers.baseline
    assert not answer["outcome"].startswith("raises")
    assert answer["outcome"]
    # A busy machine also slows the valid spec, which is then measured again.
    valid = max(baseline["milliseconds"], answer["beside"])
    assert answer["milliseconds"] <= valid + MILLISECONDS
    assert answer["megabytes"] <= baseline["megabytes"] + MEGABYTES


def test_no_check_writes_runs_or_connects(answers: Answers) -> None:
    assert answers.written == []


def test_there_are_enough_of_them() -> None:
    assert len(SPECS) + len(MADE) >= 160


def test_what_is_extended_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a pipe or a device might never end, and a folder is not a file."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.yaml")
    Path("device.yaml").symlink_to("/dev/zero")
    Path("folder.yaml").mkdir()
    Path("nowhere.yaml").symlink_to("nothing.yaml")
    Path("circle.yaml").symlink_to("circle.yaml")
    for name in ("pipe", "device", "folder", "nowhere", "circle"):
        Path("net.yaml").write_text(f"extends: {name}.yaml\nname: Net\n")
        with pytest.raises(archc.SpecError) as raised:
            archc.load("net.yaml")
        (diagnostic,) = raised.value.diagnostics
        assert diagnostic.code is Code.UNREADABLE


def test_what_is_extended_is_a_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a link, messages do not show another file's text."""
    monkeypatch.chdir(tmp_path)
    Path("secrets.txt").write_text("password: hunter2\n")
    Path("base.yaml").symlink_to("secrets.txt")
    Path("net.yaml").write_text("name: Net\nextends: base.yaml\n")
    with pytest.raises(archc.SpecError) as raised:
        archc.load("net.yaml")
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.message == "base.yaml links to a file that does not end in .yaml"
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.text) == (2, "base.yaml")


def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "helpers" / "kill_at_each_line.py"), str(VALID)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    kills, left = map(int, done.stdout.split())
    assert kills > 40
    assert left > 5  # so that there was something to remove


BUILDING = [
    f"{group}/{name}"
    for group in GROUPS
    for name, outcome in expected(group).items()
    if outcome.startswith("builds")
]


@pytest.mark.parametrize("name", BUILDING)
def test_code_holds_a_payload_in_its_texts_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ((file, code),) = archc.emit(archc.load(FOLDER / name)).items()
    assert Path(file).name == file == f"{Path(name).stem}.py"
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    assert PAYLOAD not in ast.dump(tree)
    tokens = tokenize.generate_tokens(io.StringIO(code.decode()).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    assert not any(PAYLOAD in comment for comment in comments)
    if "10_to_the_15" not in name and "largest" not in name:
        exec(compile(code, file, "exec"), {"__name__": "net"})
    assert list(tmp_path.iterdir()) == []
    assert PAYLOAD not in os.environ
