"""Specs as they stood at a revision in git, written ``REV:path``."""

import posixpath
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from archc.diagnostics import Code, Diagnostic
from archc.library import SpecFile, find_spec
from archc.reading import MAXIMUM_BYTES, SUFFIX, read_text
from archc.source import Mapping, Scalar, compose

_REGULAR = (b"100644", b"100755")
_SILENT = "git failed"
_MOST_FILES = 32  # more than may extend one another


@contextmanager
def spec_at(name: str) -> Iterator[SpecFile | Diagnostic]:
    """The spec that people name, or what git has of ``REV:path``, as a file that can be read.

    What it extends at that revision is there, too.
    """
    revision, colon, path = name.partition(":")
    if not colon or not revision or Path(name).exists():
        yield find_spec(name)
        return
    with TemporaryDirectory(prefix="archc-") as folder:
        yield _checked_out(revision, path, Path(folder).resolve())


def resolve(revision: str) -> str | Diagnostic:
    """The hash of the commit that a revision is."""
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if isinstance(found, bytes):
        return found.decode().strip()
    if found.message != _SILENT:
        return found
    is_shallow = _git("rev-parse", "--is-shallow-repository") == b"true\n"
    hint = "this clone is shallow: fetch the commit first, or clone with more depth"
    return Diagnostic(
        Code.UNREADABLE, f"git has no revision {revision}", hint=hint if is_shallow else None
    )


def specs_at(revision: str, folder: str) -> list[str] | Diagnostic:
    """The specs of a folder at a revision; all paths are from the working directory."""
    inside = [f"{folder}/"] if folder else []
    listed = _git("ls-tree", "-z", "--name-only", revision, "--", *inside)
    if isinstance(listed, Diagnostic):
        return listed
    return [name for name in listed.decode(errors="replace").split("\0") if name.endswith(SUFFIX)]


def _checked_out(revision: str, path: str, folder: Path) -> SpecFile | Diagnostic:
    what = f"{revision}:{path}"
    if revision.startswith("-"):
        return Diagnostic(Code.UNREADABLE, f"{revision} is no revision")
    prefix = _git("rev-parse", "--show-prefix")
    if isinstance(prefix, Diagnostic):
        return prefix._replace(message=f"cannot read {what}: {prefix.message}")
    first = wanted = posixpath.normpath(posixpath.join(prefix.decode().rstrip("\n"), path))
    for _ in range(_MOST_FILES):
        content = _content(revision, wanted)
        if isinstance(content, Diagnostic):
            if wanted == first:
                return content._replace(message=f"cannot read {what}: {content.message}")
            break  # what extends it says so
        file = folder / wanted
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        base = _base_of(content)
        if base is None:
            break
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(wanted), base))
        if wanted.startswith(("/", "../")) or (folder / wanted).exists():
            break
    return SpecFile(what, folder / first, folder)


def _content(revision: str, path: str) -> bytes | Diagnostic:
    """The file as it is at the revision; ``path`` is from the top of the repository."""
    listed = _git("ls-tree", "-l", "--full-tree", "-z", revision, "--", f":(literal){path}")
    if isinstance(listed, Diagnostic):
        return listed
    mode, _, rest = listed.partition(b" ")
    if not listed or b"\0" in listed[:-1]:
        return Diagnostic(Code.UNREADABLE, "there is no such file")
    if mode not in _REGULAR:
        return Diagnostic(Code.UNREADABLE, "it is not a regular file")
    _, name, size = rest.partition(b"\t")[0].split()
    if int(size) > MAXIMUM_BYTES:
        return Diagnostic(Code.LIMIT, f"it is larger than {MAXIMUM_BYTES:,} bytes")
    return _git("cat-file", "blob", name.decode())


def _base_of(content: bytes) -> str | None:
    """What a spec says that it extends, if it can be read."""
    source = read_text(content, "")
    document = [source] if isinstance(source, Diagnostic) else compose(source)
    base = document.get("extends") if isinstance(document, Mapping) else None
    return base.text if isinstance(base, Scalar) and base.text.endswith(SUFFIX) else None


def _git(*arguments: str) -> bytes | Diagnostic:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, timeout=60)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Diagnostic(Code.UNREADABLE, f"git cannot be run: {error}")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Diagnostic(Code.UNREADABLE, said[0] if said else _SILENT)
    return done.stdout
