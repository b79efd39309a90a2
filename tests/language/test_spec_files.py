"""Tests which specs are found, which files are opened, and which text is shown."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import assert_refused, closing_line, run
from small_spec import SPEC, snapshot

import archc
from archc.api import loads
from archc.language.spec_files import SpecFile, find_spec, project_root, shipped_folder
from archc.language.yaml.reading import IDENTIFYING_KEYS, read
from archc.views.json_schema import editor_schema

SECRET = "hunter2"
FORMATS = ("full", "concise", "json", "sarif", "github", "junit")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create an empty project as the working directory; files next to it are outside."""
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "specs").mkdir()
    monkeypatch.chdir(project)
    return project


def write(path: str, text: str = SPEC) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def variant(base: str) -> str:
    return f"extends: {base}\nname: Variant\n"


def found(name: str) -> SpecFile:
    file = find_spec(name)
    assert isinstance(file, SpecFile), file
    return file


def refused(name: str) -> str:
    """Return the output for an unusable spec."""
    result = run("check", name)
    assert result.exit_code == 1
    return result.stderr


# Names on the command line.


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "small"),
        ("build", "small"),
        ("table", "small"),
        ("diff", "small", "googlenet"),
        ("report", "small"),
        ("verify", "googlenet", "--help"),
        ("new", "mine.yaml", "--from", "small"),
        ("bench", "small", "--list"),
    ],
    ids=" ".join,
)
def test_every_command_takes_a_name_without_its_ending(arguments: tuple[str, ...]) -> None:
    write("specs/small.yaml")
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_diagnostic_shows_the_whole_name() -> None:
    write("small.yaml", SPEC.replace("Linear", "Linaer"))
    assert refused("small").startswith("small.yaml:9:8: error[A205]")


def test_a_bare_name_is_looked_for_here_then_in_specs_then_among_the_shipped() -> None:
    assert found("googlenet").path == shipped_folder() / "googlenet.yaml"
    write("specs/googlenet.yaml")
    assert found("googlenet").path == Path("specs/googlenet.yaml")
    write("googlenet.yaml")
    assert (
        found("googlenet")
        == found("googlenet.yaml")
        == ("googlenet.yaml", Path("googlenet.yaml"), None)
    )


def test_a_folder_is_not_a_spec() -> None:
    Path("googlenet").mkdir()
    assert found("googlenet").path == shipped_folder() / "googlenet.yaml"


def test_another_ending_is_found_where_it_is_written() -> None:
    write("small.yml")
    assert found("small.yml").path == Path("small.yml")


@pytest.mark.parametrize("name", ["./googlenet.yaml", "nets/googlenet.yaml", "/googlenet.yaml"])
def test_a_path_is_a_path_and_nothing_else(name: str) -> None:
    write("specs/nets/googlenet.yaml")
    said = refused(name)
    assert said.startswith(f"error[A101] spec not found: {name}\n")
    assert said.splitlines()[1].endswith("write googlenet.yaml, without a folder")


def test_a_mistake_in_a_path_names_the_spec_beside_it() -> None:
    write("nets/small.yaml")
    assert "hint: did you mean nets/small.yaml?" in refused("nets/smal.yaml")
    assert "hint: did you mean ./nets/small.yaml?" in refused("./nets/smal.yaml")


def test_the_beginning_of_several_names_lists_them() -> None:
    for name in ("mine_1", "mine_2", "other"):
        write(f"specs/{name}.yaml")
    assert refused("mine_").splitlines()[:2] == [
        "error[A101] spec not found: mine_",
        "  = hint: known specs: mine_1.yaml, mine_2.yaml",
    ]


@pytest.mark.parametrize("command", ["check", "build", "table", "verify"])
def test_a_missing_spec_suggests_a_similar_name(command: str, project: Path) -> None:
    write("specs/small.yaml")
    before = snapshot(project)
    result = run(command, "smal.yaml")
    assert_refused(result)
    message = "error[A101] spec not found: smal.yaml\n  = hint: did you mean small.yaml?\n"
    assert result.stderr == message + closing_line(command)
    assert snapshot(project) == before


def test_a_missing_spec_lists_what_there_is() -> None:
    result = run("check", "zzz.yaml")
    assert_refused(
        result, "error[A101] spec not found: zzz.yaml", "hint: known specs: ", "googlenet.yaml"
    )


@pytest.mark.parametrize("name", ["small.yaml/inner.yaml", "a" * 5000 + ".yaml", "a\0b.yaml", ""])
def test_a_name_that_no_file_can_have(name: str) -> None:
    write("small.yaml")
    assert_refused(run("check", name), "error[A101]")


# The names after extends.


@pytest.mark.parametrize("folder", [".", "specs", "elsewhere", "/"])
def test_a_variant_is_the_same_in_every_working_directory(
    folder: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("nets/base.yaml")
    write("nets/beside.yaml", variant("base.yaml"))
    write("nets/shipped.yaml", variant("googlenet.yaml"))
    write("nets/above.yaml", variant("../specs/other.yaml"))
    write("nets/nowhere.yaml", variant("other.yaml"))
    write("specs/other.yaml")
    for decoy in ("base.yaml", "specs/base.yaml", "elsewhere/base.yaml", "elsewhere/other.yaml"):
        write(decoy, "archc: 1\n")
    monkeypatch.chdir(folder)
    for name, params in (("beside", 162), ("shipped", 6_998_552), ("above", 162)):
        network = archc.load(project / "nets" / f"{name}.yaml")
        assert archc.analyze(network).cost.params == params
    with pytest.raises(archc.SpecError, match=r"spec not found: other\.yaml"):
        archc.load(project / "nets" / "nowhere.yaml")


def test_a_shipped_spec_extends_shipped_ones_alone() -> None:
    write("googlenet.yaml", "archc: 1\n")
    write("specs/googlenet.yaml", "archc: 1\n")
    assert archc.load("googlenet_half.yaml").name == "GoogLeNetHalf"


def test_what_new_writes_is_found_again() -> None:
    write("nets/base.yaml")
    for file, base, extends in (
        ("mine.yaml", "nets/base.yaml", "nets/base.yaml"),
        ("nets/mine.yaml", "nets/base.yaml", "base.yaml"),
        ("other/mine.yaml", "nets/base.yaml", "../nets/base.yaml"),
        ("other/shipped.yaml", "googlenet", "googlenet.yaml"),
    ):
        Path(file).parent.mkdir(exist_ok=True)
        assert run("new", file, "--from", base).exit_code == 0
        assert f"\nextends: {extends}\n" in Path(file).read_text()
        assert run("check", file).exit_code == 0


# The project.


def test_the_project_is_the_repository_else_the_package_else_the_folder(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "nets" / "specs").mkdir(parents=True)
    assert project_root(bare / "nets") == bare / "nets"
    assert project_root(bare / "nets" / "specs") == bare / "nets"
    (bare / "pyproject.toml").touch()
    assert project_root(bare / "nets") == bare
    package = Path("package")
    package.mkdir()
    (package / "pyproject.toml").touch()
    assert project_root(package) == Path.cwd()


@pytest.mark.parametrize("base", ["../base.yaml", "../project/../base.yaml", "link.yaml"])
def test_a_variant_does_not_leave_its_project(base: str) -> None:
    write("../base.yaml")
    Path("link.yaml").symlink_to("../base.yaml")
    write("small.yaml", variant(base))
    said = refused("small.yaml")
    assert f"small.yaml:1:10: error[A101] {base} is outside the project\n" in said
    write("specs/inner.yaml", variant("../base.yaml"))
    write("base.yaml")
    assert run("check", "specs/inner.yaml").exit_code == 0


def test_a_missing_path_is_also_outside() -> None:
    """Messages do not reveal which files exist outside the project."""
    write("small.yaml", variant("../nothing.yaml"))
    assert "error[A101] ../nothing.yaml is outside the project\n" in refused("small.yaml")


# Links, and files that are not specs.


def leaks(project: Path) -> list[tuple[str, ...]]:
    """Commands on a project with a stranger's links and variants."""
    outside = project.parent / "secret.yaml"
    outside.write_text(f"password: {SECRET}: x\n")
    (project / ".env").write_text(f"PASSWORD={SECRET}\n")
    (project / "vault.yaml").write_text(f"name: vault\ntoken: [{SECRET}\n")
    (project / "latin.yaml").write_bytes(f"password: {SECRET} \xff\n".encode("latin-1"))
    (project / "specs" / "outside.yaml").symlink_to(outside)
    (project / "specs" / "hidden.yaml").symlink_to(project / ".env")
    (project / "specs" / "environ.yaml").symlink_to("/proc/self/environ")
    names = (
        "../secret.yaml",
        "vault.yaml",
        "latin.yaml",
        "specs/hidden.yaml",
        "specs/environ.yaml",
    )
    for number, base in enumerate(names):
        write(f"variant{number}.yaml", variant(base))
    variants = [f"variant{number}.yaml" for number in range(len(names))]
    links = sorted(str(path) for path in Path("specs").iterdir())
    own = [*variants, *links, "vault.yaml", "latin.yaml", ".env", str(outside)]
    return [
        ("check",),
        *(("check", *own, "--format", output_format) for output_format in FORMATS),
        ("check", "--fix", *own),
        *(("build", name) for name in own),
        *(("table", name) for name in own),
        *(("report", name) for name in own),
        *(("diff", name, "googlenet.yaml") for name in own),
    ]


def test_the_text_of_what_is_not_a_spec_is_never_shown(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", SECRET)
    for command in leaks(project):
        result = run(*command)
        assert result.exit_code == 1, command
        assert SECRET not in result.output, command
        assert "hunter" not in result.output, command


def test_the_environment_of_the_process_is_not_shown(project: Path) -> None:
    """Runs in a new process, whose environment is at the end of the link."""
    Path("p.yaml").symlink_to("/proc/self/environ")
    write("small.yaml", variant("p.yaml"))
    environment = {**os.environ, "PASSWORD": SECRET}
    for name in ("p.yaml", "small.yaml"):
        command = [sys.executable, "-m", "archc", "check", name]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 1
        assert "PASSWORD" not in done.stdout + done.stderr
        assert done.stderr.startswith(f"{name}:1:")


def test_a_file_that_is_not_a_spec_is_reported_as_such() -> None:
    write("vault.yaml", f"name: vault\ntoken: [{SECRET}\n")
    write("small.yaml", variant("vault.yaml"))
    message = "vault.yaml is not a spec: it has no key such as archc, extends, input\n"
    assert refused("vault.yaml").startswith(f"vault.yaml:1:1: error[A101] {message}  = hint: ")
    assert refused("small.yaml").startswith(f"vault.yaml:1:1: error[A101] {message}")


def test_the_text_of_what_archc_did_not_write_is_not_in_differences(project: Path) -> None:
    write("specs/small.yaml")
    (project.parent / "secret").write_text(f"{SECRET}\n")
    Path("generated").mkdir()
    Path("generated/small.py").symlink_to("../../secret")
    result = run("build", "--diff")
    assert result.exit_code == 1
    assert (
        result.stdout == "generated/small.py was not written by archc; its content is not shown\n"
    )
    assert SECRET not in result.output
    assert "--diff shows" not in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "archc: 1\nname: [x\n",
        "name: Net\n\ninput: 3x8x8\nbody: [\n",
        "# about\n---\n  name: Net\n  stem: {\n",
        '{"name": "Net", "archc": 1, "stem": [}\n',
        '{\n"archc": 1,\n"stem": [}\n',
        "- archc: 1\n- name: [Net\n",
        "extends : googlenet.yaml\nname: [x\n",
        "'archc': 1\nname: [x\n",
        "layers: [x\narchc: 1\n",
    ],
)
def test_a_faulty_spec_is_still_explained_with_its_lines(text: str) -> None:
    write("net.yaml", text)
    said = refused("net.yaml")
    assert "error[A102]" in said
    assert " | " in said


def test_the_telling_keys_are_keys_of_a_spec() -> None:
    assert set(IDENTIFYING_KEYS) <= editor_schema()["properties"].keys()


def test_links_of_specs_stay_in_the_project() -> None:
    """With all of ``specs/``, nobody named the link. A link named by the user is opened."""
    write("../shared.yaml")
    write("nets/small.yaml")
    Path("specs/inner.yaml").symlink_to("../nets/small.yaml")
    Path("specs/outer.yaml").symlink_to("../../shared.yaml")
    result = run("check")
    assert result.exit_code == 1
    assert result.stderr == (
        "error[A101] specs/outer.yaml links to a file outside its project\n1 error\n"
    )
    assert result.stdout.startswith("specs/inner.yaml: ok, ")
    assert run("check", "specs/outer.yaml").exit_code == 0
    (project,) = json.loads(run("check", "--format", "json").stdout)["specs"][1:]
    assert project["diagnostics"][0]["code"] == "A101"


@pytest.mark.parametrize("becomes", ["link", "pipe"])
def test_a_file_that_becomes_something_else_is_not_read(
    becomes: str, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    """The file changes after it is checked and before it is opened."""
    write("../secret.yaml", f"archc: 1\nname: {SECRET}\n")
    write("small.yaml")
    real = os.open

    def exchanged(path: Path, flags: int) -> int:
        Path(path).unlink()
        if becomes == "link":
            Path(path).symlink_to("../secret.yaml")
        else:
            os.mkfifo(path)
        return real(path, flags)

    monkeypatch.setattr(os, "open", exchanged)
    diagnostic = read(Path("small.yaml"), root=project)
    assert isinstance(diagnostic, archc.Diagnostic)
    assert diagnostic.code == "A101"


# A text without a file.


def test_a_text_extends_what_is_in_its_folder_or_shipped(project: Path) -> None:
    write("nets/base.yaml")
    write("base.yaml", "archc: 1\n")
    assert loads(variant("googlenet.yaml")).classes == 1000
    assert loads(variant("base.yaml"), folder="nets").classes == 10
    for base in ("base.yaml", "nets/base.yaml", "../base.yaml"):
        with pytest.raises(archc.SpecError, match=re.escape(f"spec not found: {base}")):
            loads(variant(base))


# A revision in git.


@pytest.fixture
def repository(project: Path) -> Path:
    Path(".git").rmdir()
    write("base.yaml")
    write("nets/variant.yaml", variant("../base.yaml"))
    write("nets/vault.yaml", f"name: x\ntoken: [{SECRET}\n")
    write("nets/broken.yaml", SPEC.replace("Linear", "Linaer"))
    Path("nets/link.yaml").symlink_to("vault.yaml")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], check=True, capture_output=True)
    write("base.yaml", "archc: 1\n")
    return project


@pytest.mark.parametrize("folder", [".", "nets"])
def test_a_revision_is_read_with_all_that_it_extends(
    folder: str, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    name = "HEAD:" + os.path.relpath(repository / "nets" / "variant.yaml")
    result = run("diff", name, name)
    assert (result.exit_code, result.stdout) == (0, "no difference in the architecture\n")


def test_a_diagnostic_names_the_revision(repository: Path) -> None:
    said = run("diff", "HEAD:nets/broken.yaml", "googlenet").stderr
    assert said.startswith("HEAD:nets/broken.yaml:9:8: error[A205]")


def test_links_and_other_text_of_a_revision_are_not_shown(repository: Path) -> None:
    for name in ("vault", "link"):
        result = run("diff", f"HEAD:nets/{name}.yaml", "googlenet")
        assert result.exit_code == 1
        assert SECRET not in result.output
    assert "not a regular file" in result.stderr
