"""Read specs at a revision in git, given as ``REV:path``."""

import posixpath
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic
from archc.language.spec_files import SpecFile, find_spec
from archc.language.yaml.composer import compose
from archc.language.yaml.nodes import Mapping, Scalar
from archc.language.yaml.reading import MAXIMUM_BYTES, SUFFIX, read_text

_REGULAR = (b"100644", b"100755")
_HERE = Path()
_NO_OUTPUT = "git failed"
_MAXIMUM_FILES = 32  # longer than any valid chain of extends


@contextmanager
def spec_at(name: str) -> Iterator[SpecFile | Diagnostic]:
    """Yield the named spec, or a temporary copy of ``REV:path`` with the specs that it extends."""
    revision, colon, path = name.partition(":")
    if not colon or not revision or Path(name).exists():
        yield find_spec(name)
        return
    with TemporaryDirectory(prefix="archc-") as folder:
        yield _check_out_from_here(revision, path, Path(folder).resolve())


def resolve(revision: str) -> str | Diagnostic:
    """Return the hash of the revision's commit."""
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if isinstance(found, bytes):
        return found.decode().strip()
    if found.message != _NO_OUTPUT:
        return found
    hint = "this clone is shallow: fetch the commit first, or clone with more depth"
    return Diagnostic(
        Code.UNREADABLE, f"unknown revision {revision}", hint=hint if is_shallow(_HERE) else None
    )


def specs_at(revision: str, folder: str) -> list[str] | Diagnostic:
    """Return the specs in a folder at a revision; paths are from the working directory."""
    inside = [f"{folder}/"] if folder else []
    listed = _git("ls-tree", "-z", "--name-only", revision, "--", *inside)
    if isinstance(listed, Diagnostic):
        return listed
    return [name for name in listed.decode(errors="replace").split("\0") if name.endswith(SUFFIX)]


class Commit(NamedTuple):
    """A commit, and the path of the spec in it from the top of the repository."""

    hash: str
    date: str
    subject: str
    path: str


def commits_of(spec: Path) -> list[Commit] | Diagnostic:
    """Return the commits that may have changed the spec or a spec that it extends, newest first.

    A merge is one commit with all its changes. Follows renames of the spec.
    """
    folder = spec.parent
    prefix = _git("rev-parse", "--show-prefix", folder=folder)
    if isinstance(prefix, Diagnostic):
        return prefix._replace(message=f"cannot read the history of {spec}: {prefix.message}")
    logged = _git(
        *(
            "log",
            "--first-parent",
            "-m",
            "-M",
            "--name-status",
            "-z",
            "--format=%x01%H%x00%cs%x00%s",
        ),
        *("--", f":(top,glob)**/*{SUFFIX}"),
        folder=folder,
    )
    if isinstance(logged, Diagnostic):
        return logged._replace(message=f"cannot read the history of {spec}: {logged.message}")
    path = prefix.decode(errors="replace").rstrip("\n") + spec.name
    words = iter(logged.decode(errors="replace").split("\0"))
    commits = []
    for word in words:
        if word.startswith("\1"):
            commits.append(Commit(word[1:], next(words), next(words), path))
        elif word.lstrip("\n"):
            # Each entry is a letter for the kind of change, then the path; for a rename the old and
            # the new.
            old, is_renamed = next(words), word.lstrip("\n").startswith("R")
            if is_renamed and next(words) == path:
                path = old
    return commits


def is_shallow(folder: Path) -> bool:
    """Return whether the clone is shallow and may lack older commits."""
    return _git("rev-parse", "--is-shallow-repository", folder=folder) == b"true\n"


@contextmanager
def spec_from_top(commit: str, path: str, repository: Path) -> Iterator[SpecFile | Diagnostic]:
    """Yield a temporary copy of the spec in a commit; ``path`` is from the repository's top."""
    with TemporaryDirectory(prefix="archc-") as folder:
        yield _check_out(commit, path, path, Path(folder).resolve(), repository)


def _check_out_from_here(revision: str, path: str, folder: Path) -> SpecFile | Diagnostic:
    """Check out a spec into the folder; ``path`` is from the working directory."""
    name = f"{revision}:{path}"
    if revision.startswith("-"):
        return Diagnostic(Code.UNREADABLE, f"invalid revision {revision}")
    prefix = _git("rev-parse", "--show-prefix")
    if isinstance(prefix, Diagnostic):
        return prefix._replace(message=f"cannot read {name}: {prefix.message}")
    spec = posixpath.normpath(posixpath.join(prefix.decode().rstrip("\n"), path))
    return _check_out(revision, spec, name, folder)


def _check_out(
    revision: str, spec: str, name: str, folder: Path, repository: Path = _HERE
) -> SpecFile | Diagnostic:
    """Write the spec and those that it extends to the folder, at their paths from the top."""
    path = spec
    for _ in range(_MAXIMUM_FILES):
        content = _content(revision, path, repository)
        if isinstance(content, Diagnostic):
            if path == spec:
                return content._replace(message=f"cannot read {name}: {content.message}")
            break  # compiling the spec reports the missing base
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        base = _base_of(content)
        if base is None:
            break
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), base))
        if path.startswith(("/", "../")) or (folder / path).exists():
            break
    return SpecFile(name, folder / spec, folder)


def _content(revision: str, path: str, repository: Path) -> bytes | Diagnostic:
    """Return the content of a file at the revision; ``path`` is from the top of the repository."""
    listed = _git(
        "ls-tree", "-l", "--full-tree", "-z", revision, "--", f":(literal){path}", folder=repository
    )
    if isinstance(listed, Diagnostic):
        return listed
    mode, _, rest = listed.partition(b" ")
    if not listed or b"\0" in listed[:-1]:
        return Diagnostic(Code.UNREADABLE, "file not found")
    if mode not in _REGULAR:
        return Diagnostic(Code.UNREADABLE, "not a regular file")
    _, blob, size = rest.partition(b"\t")[0].split()
    if int(size) > MAXIMUM_BYTES:
        return Diagnostic(Code.LIMIT, f"larger than {MAXIMUM_BYTES:,} bytes")
    return _git("cat-file", "blob", blob.decode(), folder=repository)


def _base_of(content: bytes) -> str | None:
    """Return the file that a spec extends; None if the spec extends none or is invalid."""
    source = read_text(content, "")
    document = [source] if isinstance(source, Diagnostic) else compose(source)
    base = document.get("extends") if isinstance(document, Mapping) else None
    return base.text if isinstance(base, Scalar) and base.text.endswith(SUFFIX) else None


def _git(*arguments: str, folder: Path = _HERE) -> bytes | Diagnostic:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, check=False, timeout=60
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Diagnostic(Code.UNREADABLE, f"cannot run git: {error}")
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Diagnostic(Code.UNREADABLE, lines[0] if lines else _NO_OUTPUT)
    return done.stdout
