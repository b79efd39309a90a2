"""Creates git repositories in the working directory, and specs to commit there."""

import os
import subprocess
from pathlib import Path

SMALL = """\
archc: 1
name: Small
input: 3x8x8
classes: 10
body:
  conv: {Conv: 3x3, out: 4}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""
WIDE = SMALL.replace("out: 4", "out: 6")
VARIANT = "extends: small.yaml\nname: Variant\n"
# 3*3*3*4 + 4 = 112 and 4*10 + 10 = 50 params; with 6 filters 168 and 70.
BEFORE, AFTER = 162, 238


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=archc", "-c", "user.email=archc@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
    )
    return done.stdout.strip()


def commit(subject: str, **specs: str | None) -> None:
    """Write specs by their stems, or remove them, and commit all."""
    for stem, text in specs.items():
        file = Path("specs") / f"{stem}.yaml"
        file.parent.mkdir(exist_ok=True)
        if text is None:
            file.unlink()
        else:
            file.write_text(text)
    git("add", "--all")
    git("commit", "-qm", subject)
