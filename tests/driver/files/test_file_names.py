"""Tests that names of generated files are valid and unique on every system."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import run
from hypothesis import given
from hypothesis import strategies as st

from archc.driver.backend import load_backend
from archc.driver.files.file_names import (
    MAXIMUM_STEM,
    check_stem,
    file_stem,
    module_stem,
    suggest_stem,
)
from archc.language.settings import Settings, format_settings

SPEC = """\
archc: 1
name: Toy
input: 3x16x16
classes: 5
parameters: {width: 1, rate: 0.5}
width: {multiplier: width}
body:
  conv1: {Conv: 3x3/2, out: 8, norm: BatchNorm, activation: ReLU}
head:
  pool: {AvgPool: global}
  drop: {Dropout: rate}
  fc: {Linear: classes}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(SPEC)


def generated() -> list[str]:
    return sorted(path.name for path in Path("generated").iterdir())


@pytest.mark.parametrize(
    ("spec", "stem"),
    [
        ("net.yaml", "net"),
        ("Net_2.yaml", "Net_2"),
        ("x.yaml", "x"),
        ("3net.yaml", "net_3net"),
        ("1x1_net.yaml", "net_1x1_net"),
        ("my-net.yaml", "my_net"),
        ("my net (2).yaml", "my_net_2"),
        ("net.v2.yaml", "net_v2"),
        ("_net.yaml", "net"),
        ("grün.yaml", "grun"),
        ("网.yaml", ""),
    ],
)
def test_a_module_is_called_like_its_spec(spec: str, stem: str) -> None:
    assert module_stem(spec) == stem


@pytest.mark.parametrize("name", ["3net.yaml", "my-net.yaml"])
def test_a_spec_of_any_such_name_is_built_checked_and_verified(name: str) -> None:
    Path("toy.yaml").rename(name)
    file = f"generated/{module_stem(name)}.py"
    assert run("build", name).stdout == f"wrote {file}\n"
    assert run("build", name, "--check").output == "1 generated file is current\n"
    assert run("build", name, "--optimize").exit_code == 0
    assert run("build", name, "--backend", "onnx").exit_code == 0
    assert run("verify", name, "--backend", "onnx").exit_code == 0
    assert run("build", name, "--check").exit_code == 0
    Path(name).rename("other.yaml")
    orphaned = run("build", "other.yaml", "--check")
    assert orphaned.stderr.count("error[A503]") == 3


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("CON.yaml", "a device name on Windows"),
        ("aux.yaml", "a device name on Windows"),
        ("nul.yaml", "a device name on Windows"),
        ("com1.yaml", "a device name on Windows"),
        ("Lpt9.yaml", "a device name on Windows"),
        ("torch.yaml", "would shadow the module"),
        ("numpy.yaml", "would shadow the module"),
        ("typing.yaml", "would shadow the module"),
        ("antigravity.yaml", "would shadow the module"),
        ("archc.yaml", "would shadow the module"),
        ("cgi.yaml", "would shadow the module"),  # until Python 3.12
        ("annotationlib.yaml", "would shadow the module"),  # from Python 3.14 on
        ("class.yaml", "a keyword or builtin of Python"),
        ("print.yaml", "a keyword or builtin of Python"),
        ("网.yaml", "the name has no letter from A to Z"),
        (f"{'n' * 65}.yaml", "longer than 64 characters"),
    ],
)
def test_a_name_that_no_file_should_have_is_refused_by_build_alone(name: str, why: str) -> None:
    Path("toy.yaml").rename(name)
    assert run("check", name).exit_code == 0
    result = run("build", name)
    assert result.exit_code == 1
    assert "error[A204] cannot generate a file" in result.stderr
    assert why in result.stderr
    assert not Path("generated").exists()
    hint = result.stderr.partition("rename the spec, for example to ")[2].split("\n")[0]
    Path(name).rename(hint)
    assert run("build", hint).exit_code == 0


def test_of_a_backend_without_modules_files_may_be_called_like_torch() -> None:
    Path("toy.yaml").rename("torch.yaml")
    assert run("build", "torch.yaml", "--backend", "onnx").exit_code == 0


def test_a_generated_file_imports_only_what_no_file_may_hide() -> None:
    assert run("build", "googlenet_bn.yaml", "--optimize").exit_code == 0
    (name,) = generated()
    tree = ast.parse(Path("generated", name).read_text())
    modules = {
        module.partition(".")[0]
        for node in ast.walk(tree)
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    backend = load_backend()
    assert backend is not None
    assert "torch" in modules
    assert all(check_stem(module, backend.imports) for module in modules)


def test_what_importing_torch_imports_cannot_be_hidden() -> None:
    backend = load_backend()
    assert backend is not None
    script = "import sys; old = {*sys.modules}; import torch; print(*{*sys.modules} - old)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    names = {module.partition(".")[0] for module in done.stdout.split()}
    names = {name for name in names if not name.startswith("_")}
    assert [name for name in sorted(names) if not check_stem(name, backend.imports)] == []


def test_names_that_differ_in_case_alone_are_refused() -> None:
    Path("Toy.yaml").write_text(SPEC)
    result = run("build", "toy.yaml", "Toy.yaml")
    assert result.exit_code == 1
    assert (
        "error[A104] toy.yaml generates toy.py and Toy.yaml generates Toy.py, which are the same "
        "file if case is ignored, as on Windows and macOS\n  = hint: rename one of the specs\n"
    ) in result.stderr
    assert not Path("generated").exists()


def test_two_specs_whose_names_give_one_are_refused() -> None:
    Path("my-toy.yaml").write_text(SPEC)
    Path("my_toy.yaml").write_text(SPEC)
    result = run("build", "my-toy.yaml", "my_toy.yaml")
    assert "error[A104] my-toy.yaml and my_toy.yaml both generate my_toy.py" in result.stderr


def test_a_file_of_another_spec_is_left_alone() -> None:
    Path("my-toy.yaml").write_text(SPEC)
    Path("my_toy.yaml").write_text(SPEC)
    assert run("build", "my-toy.yaml").exit_code == 0
    before = Path("generated/my_toy.py").read_bytes()
    result = run("build", "my_toy.yaml")
    assert result.exit_code == 1
    assert (
        "error[A507] cannot replace generated/my_toy.py: it was generated from my-toy.yaml, not "
        "from my_toy.yaml\n  = hint: use --force to replace it\n"
    ) in result.stderr
    assert Path("generated/my_toy.py").read_bytes() == before
    assert run("build", "my_toy.yaml", "--check").exit_code == 1
    assert run("build", "my_toy.yaml", "--force").exit_code == 0


def test_a_spec_called_like_a_file_of_settings_loses_nothing() -> None:
    Path("toy_width_0p25.yaml").write_text(SPEC)
    given = ("toy.yaml", "--set", "width=0.25")
    assert run("build", *given).exit_code == 0
    assert "error[A507]" in run("build", "toy_width_0p25.yaml").stderr
    assert run("build", "toy_width_0p25.yaml", "--force").exit_code == 0
    assert "error[A507]" in run("build", *given).stderr


def test_settings_have_a_file_of_their_own() -> None:
    assert run("build", "toy.yaml").exit_code == 0
    plain = Path("generated/toy.py").read_bytes()
    given = ("--set", "width=0.25")
    assert run("build", "toy.yaml", *given).stdout == "wrote generated/toy_width_0p25.py\n"
    assert run("build", "toy.yaml", *given, "--optimize").exit_code == 0
    assert run("build", "toy.yaml", *given, "--backend", "onnx").exit_code == 0
    assert Path("generated/toy.py").read_bytes() == plain
    assert generated() == [
        "toy.py",
        "toy_width_0p25.onnx",
        "toy_width_0p25.py",
        "toy_width_0p25_deploy.py",
    ]
    for options in ((), given, (*given, "--optimize"), (*given, "--backend", "onnx")):
        checked = run("build", "toy.yaml", "--check", *options)
        assert checked.output == "1 generated file is current\n"
    assert run("verify", "toy.yaml", *given, "--backend", "onnx").exit_code == 0
    missing = run("verify", "toy.yaml", "--set", "width=0.5", "--optimize")
    assert "run archc build toy.yaml --set width=0.5 --optimize\n" in missing.stderr
    assert run("build", *missing.stderr.strip().rpartition("archc build ")[2].split()).output == (
        "wrote generated/toy_width_0p5_deploy.py\n"
    )


def test_a_file_of_older_settings_under_the_plain_name_is_left_alone() -> None:
    assert run("build", "toy.yaml", "--set", "width=0.25").exit_code == 0
    Path("generated/toy_width_0p25.py").rename("generated/toy.py")
    result = run("build", "toy.yaml")
    assert result.exit_code == 1
    assert "it was generated from toy.yaml with width = 0.25, not from toy.yaml\n" in result.stderr


@pytest.mark.parametrize(
    ("settings", "stem"),
    [
        ({"width": 0.25}, "net_width_0p25"),
        ({"width": 1}, "net_width_1"),
        ({"width": 1.0}, "net_width_1"),
        ({"rate": 1e-5, "width": -2}, "net_rate_1em05_width_m2"),
        ({"width": -2, "rate": 1e-5}, "net_rate_1em05_width_m2"),
        ({"input": "3x299x299", "classes": 10}, "net_classes_10_input_3x299x299"),
        ({"a_1_b": 2}, "net_set_a75c5e58f6fa"),
        ({"a": 1, "b": 2}, "net_a_1_b_2"),
    ],
)
def test_the_name_tells_the_settings(settings: Settings, stem: str) -> None:
    assert file_stem("net.yaml", format_settings(settings)) == stem


NAMES = st.sampled_from(["a", "b", "ab", "a1", "a_1", "a_1_b", "b_2", "a_m1", "a_m1_b", "a__b"])
NUMBERS = st.one_of(
    st.integers(-20, 20),
    st.builds(
        lambda digits, power: digits * 10.0**power, st.integers(-999, 999), st.integers(-9, 30)
    ),
)
SETTINGS = st.dictionaries(NAMES, NUMBERS, min_size=1, max_size=8)


@given(one=SETTINGS, other=SETTINGS)
def test_other_settings_have_another_name(
    one: dict[str, int | float], other: dict[str, int | float]
) -> None:
    stems = [file_stem("net.yaml", format_settings(settings)) for settings in (one, other)]
    assert all(stem.isascii() and stem.isidentifier() and len(stem) < 50 for stem in stems)
    assert (stems[0] == stems[1]) == (
        sorted(format_settings(one)) == sorted(format_settings(other))
    )
    assert file_stem("net.yaml", reversed(format_settings(one))) == stems[0]


@given(st.text(min_size=1, max_size=90).filter(lambda text: "/" not in text and "\0" not in text))
def test_every_name_gives_a_module_or_a_better_name(name: str) -> None:
    stem = module_stem(f"{name}.yaml")
    if check_stem(stem):
        stem = suggest_stem(stem)
    assert stem.isascii() and stem.isidentifier() and len(stem) <= MAXIMUM_STEM
    assert check_stem(stem) is None
    assert module_stem(f"{stem}.yaml") == stem


@pytest.mark.parametrize(("name", "class_name"), [("my-net", "MyNet"), ("none", "NoneNet")])
def test_a_new_variant_may_have_such_a_name(name: str, class_name: str) -> None:
    result = run("new", f"{name}.yaml", "--from", "toy.yaml")
    assert result.exit_code == 0, result.output
    assert f"name: {class_name}\n" in Path(f"{name}.yaml").read_text()
    assert run("build", f"{name}.yaml").exit_code == 0
