"""``docs/renew.sh`` runs, and everything that it makes is current."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = ("docs", "generated", "examples/serving")


def test_everything_made_from_code_and_specs_is_current(tmp_path: Path) -> None:
    for folder in (*MADE, "specs"):
        skipped = shutil.ignore_patterns("__pycache__", "site")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=skipped)
    subprocess.run(
        ["bash", str(tmp_path / "docs" / "renew.sh")],
        check=True,
        capture_output=True,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
    )
    for folder in MADE:
        for file in (tmp_path / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                path = file.relative_to(tmp_path)
                assert file.read_bytes() == (ROOT / path).read_bytes(), path
