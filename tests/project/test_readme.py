"""Everything that the README shows runs as shown.

Its blocks are followed in order, in one folder that is empty at first: console blocks must print
what stands below each command, YAML blocks that name a file are written, Python blocks are
executed. Parts of files must be in those files.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from archc_backends.pytorch.reference import torchvision_models

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCKS = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCKS.findall(README.read_text()) if name == language]


def run(command: str, folder: Path) -> str:
    """What the command prints, on both streams."""
    words = command.split()
    assert words[0] == "archc"
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "archc", *words[1:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


def transcript(body: str, folder: Path) -> str:
    """The console block as it would be now."""
    commands = [line.removeprefix("$ ") for line in body.split("\n") if line.startswith("$ ")]
    return "".join(f"$ {command}\n{run(command, folder)}" for command in commands)


def test_following_it_gives_what_is_shown(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    update_expected = request.config.getoption("--update-expected")
    text = README.read_text()
    # Random weights in the place of torchvision's own, which would be a download.
    theirs = torchvision_models().googlenet(weights=None, aux_logits=False, init_weights=False)
    torch.save(theirs.state_dict(), tmp_path / "googlenet.pth")
    followed = []
    for language, body in BLOCKS.findall(text):
        first, _, _ = body.partition("\n")
        if first.startswith("# part of ") or language == "sh":
            continue
        followed.append(language)
        if language == "yaml":
            # All of the block, as it is copied: then lines have the numbers that are shown.
            (tmp_path / first.removeprefix("# file: ")).write_text(body)
        elif language == "python":
            subprocess.run([sys.executable, "-c", body], cwd=tmp_path, check=True)
        else:
            current = transcript(body, tmp_path)
            if update_expected:
                text = text.replace(f"```console\n{body}```", f"```console\n{current}```")
                README.write_text(text)
            else:
                assert current == body
    assert [followed.count(language) for language in ("yaml", "console", "python")] == [4, 14, 4]


def test_parts_of_files_are_in_those_files() -> None:
    parts = [body for _, body in BLOCKS.findall(README.read_text()) if "# part of " in body]
    assert len(parts) == 3
    for body in parts:
        first, _, rest = body.partition("\n")
        name = first.removeprefix("# part of ")
        assert rest in (ROOT / ("specs" if name.endswith(".yaml") else "") / name).read_text()


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_two_lines_are_two_lines() -> None:
    lines = [body.strip() for body in blocks("sh")[:2]]
    assert all("\n" not in line for line in lines)
    assert lines[0].endswith("archc build googlenet.yaml")
    assert lines[1].endswith("pytest")
