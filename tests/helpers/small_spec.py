"""A small spec, and a snapshot of the files in a folder."""

from pathlib import Path

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


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file below the folder, with its bytes and modification time."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
