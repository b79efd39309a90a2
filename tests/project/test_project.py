"""Tests the whole repository: linters, types, import contract, generated files."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import archc

ROOT = Path(__file__).parents[2]
PYTHON = (sys.executable, "-m")
COMMANDS = {
    "ruff check": (*PYTHON, "ruff", "check"),
    "ruff format": (*PYTHON, "ruff", "format", "--check"),
    "mypy": (*PYTHON, "mypy"),
    "import contract": (str(Path(sys.executable).with_name("lint-imports")),),
    "generated files": (*PYTHON, "archc", "build", "--check"),
    "optimised files": (*PYTHON, "archc", "build", "--check", "--optimize", "googlenet_bn.yaml"),
}
REGISTRIES = re.compile(
    r"pypi[.]org|pythonhosted[.]org|download[.]pytorch[.]org|anaconda[.]org|npmjs[.]|crates[.]io"
    r"|proxy[.]golang[.]org|ghcr[.]io"
)
NOT_OURS = {"__pycache__", "dist", "build", "node_modules"}
PINNED_BY_TORCH = ("nvidia-", "cuda-", "triton")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_holds_for_the_whole_repository(command: tuple[str, ...]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pictures_of_the_documentation_are_current() -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ("bash", "docs/pictures.sh", "--check"),
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    drawn = {path.stem for path in (ROOT / "docs/pictures").iterdir()}
    specs = {path.stem for path in (ROOT / "specs").glob("*.yaml")}
    assert drawn - specs == {"module", "comparison", "overview"}
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = "".join(page.read_text() for page in pages)
    assert [name for name in drawn if f"pictures/{name}.svg" not in shown] == []


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file of the repository, without caches and virtual environments."""
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in (".ci", ".github")
        if path.is_file():
            yield path, path.read_text(encoding="utf-8", errors="replace")
        elif not (hidden or path.name in NOT_OURS or (path / "pyvenv.cfg").exists()):
            yield from texts(path)


def test_no_file_names_a_package_registry() -> None:
    found = [f"{path}: {m[0]}" for path, text in texts(ROOT) for m in REGISTRIES.finditer(text)]
    assert found == []


def test_the_compiler_and_the_backends_know_no_network() -> None:
    named = re.compile(r"googlenet|resnet|inception_?v", re.IGNORECASE)
    code = [path for folder in ("compiler", "backends") for path in (ROOT / folder).rglob("*.*")]
    texts = {path: path.read_text() for path in code if path.suffix in (".py", ".j2", ".md")}
    assert {str(path): m[0] for path, text in texts.items() if (m := named.search(text))} == {}


def pins() -> dict[str, str]:
    """Return the constraints by canonical name."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = dict(line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in found.items()}


def brought(requirement: Requirement, seen: set[str]) -> None:
    """Add everything that installing the requirement installs here to ``seen``."""
    name = f"{canonicalize_name(requirement.name)}{sorted(requirement.extras)}"
    if name in seen:
        return
    seen.add(name)
    try:
        needed = requires(requirement.name) or ()
    except PackageNotFoundError:  # for another platform
        return
    for line in needed:
        inner = Requirement(line)
        if inner.marker is None or any(
            inner.marker.evaluate({"extra": extra}) for extra in {"", *requirement.extras}
        ):
            brought(inner, seen)


def test_constraints_pin_all_that_the_tests_install() -> None:
    seen: set[str] = set()
    brought(Requirement("archc-compiler[test]"), seen)
    names = {name.partition("[")[0] for name in seen} - {"archc-compiler"}
    names = {name for name in names if not name.startswith(PINNED_BY_TORCH)}
    assert "torch" in names
    assert sorted(names - pins().keys()) == []
    assert all(re.fullmatch(r"[0-9]+(\.[0-9]+)*", version) for version in pins().values())


def test_ci_runs_the_line_of_the_readme() -> None:
    lines = re.findall(r"^python3 -m venv .*/pytest$", (ROOT / "README.md").read_text(), re.M)
    assert len(lines) == 1
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    for command in (lines[0], "archc check", "archc build --check", "archc verify"):
        assert command in workflow
        assert command == lines[0] or f".venv/bin/{command}\n" in (ROOT / ".ci/run").read_text()


def test_the_changelog_has_this_version() -> None:
    assert f"\n## [{archc.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_map_of_the_code_is_the_code() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    backends = [path for path in (ROOT / "backends/archc_backends").iterdir() if path.is_dir()]
    names = [f"backends/archc_backends/{path.name}" for path in backends if "__" not in path.name]
    assert len(names) > 1
    names += [f"backends/archc_backends/pytorch/{folder}" for folder in ("emit", "run")]
    for package in ("compiler/archc", *names):
        heading = f"| in `{package}/` | |\n"
        rows = text.partition(heading)[2].partition("\n\n")[0]
        first_cells = "".join(row.split("|")[1] for row in rows.splitlines()[1:])
        named = set(re.findall(r"`(\w+\.py|\w+/)`", first_cells))
        entries = (ROOT / package).iterdir()
        there = {
            f"{path.name}/" if path.is_dir() else path.name
            for path in entries
            if path.is_file() or any("__pycache__" not in str(f) for f in path.rglob("*.*"))
        }
        there = {name for name in there if name.endswith(("/", ".py")) and "__" not in name}
        assert named == there
