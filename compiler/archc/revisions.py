"""Specs as they stood at a revision in git, written ``REV:path``."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from archc.diagnostics import Code, Diagnostic


@contextmanager
def spec_at(name: str) -> Iterator[str | Diagnostic]:
    """A path where the spec can be read: ``name`` itself, or what git has of ``REV:path``.

    The specs beside it at that revision are there too, so that ``extends`` finds them.
    """
    revision, colon, path = name.partition(":")
    if not colon or not revision or Path(name).exists():
        yield name
        return
    with TemporaryDirectory(prefix="archc-") as folder:
        yield _checked_out(revision, path, Path(folder))


def _checked_out(revision: str, path: str, folder: Path) -> str | Diagnostic:
    what = f"{revision}:{path}"
    if revision.startswith("-"):
        return Diagnostic(Code.UNREADABLE, f"{revision} is no revision")
    beside = str(Path(path).parent)
    listed = _git("ls-tree", "--name-only", revision, "--", f"{beside}/" if beside != "." else ".")
    if isinstance(listed, Diagnostic):
        return listed._replace(message=f"cannot read {what}: {listed.message}")
    for file in listed.decode("utf-8", "replace").splitlines():
        if file.endswith(".yaml"):
            content = _git("show", f"{revision}:./{file}")
            if isinstance(content, bytes):
                (folder / Path(file).name).write_bytes(content)
    found = folder / Path(path).name
    if found.exists():
        return str(found)
    return Diagnostic(Code.UNREADABLE, f"cannot read {what}: there is no such file")


def _git(*arguments: str) -> bytes | Diagnostic:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        return Diagnostic(Code.UNREADABLE, f"git cannot be run: {error}")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Diagnostic(Code.UNREADABLE, said[0] if said else "git failed")
    return done.stdout
