"""Specs as they stood at a revision in git, written ``REV:path``."""

import posixpath
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic
from archc.language.library import SpecFile, find_spec
from archc.language.yaml.reading import MAXIMUM_BYTES, SUFFIX, read_text
from archc.language.yaml.source import Mapping, Scalar, compose

_REGULAR = (b"100644", b"100755")
_HERE = Path()
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
    hint = "this clone is shallow: fetch the commit first, or clone with more depth"
    return Diagnostic(
        Code.UNREADABLE, f"git has no revision {revision}", hint=hint if is_shallow(_HERE) else None
    )


def specs_at(revision: str, folder: str) -> list[str] | Diagnostic:
    """The specs of a folder at a revision; all paths are from the working directory."""
    inside = [f"{folder}/"] if folder else []
    listed = _git("ls-tree", "-z", "--name-only", revision, "--", *inside)
    if isinstance(listed, Diagnostic):
        return listed
    return [name for name in listed.decode(errors="replace").split("\0") if name.endswith(SUFFIX)]


class Commit(NamedTuple):
    """A commit, and the path from the top of the repository that the spec has in it."""

    hash: str
    date: str
    subject: str
    path: str


def commits_of(spec: Path) -> list[Commit] | Diagnostic:
    """The commits that may have changed the spec or what it extends, newest first.

    A merge is one commit, of all that it brings. A renamed spec is followed.
    """
    folder = spec.parent
    prefix = _git("rev-parse", "--show-prefix", folder=folder)
    if isinstance(prefix, Diagnostic):
        return prefix._replace(message=f"{spec} has no history: {prefix.message}")
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
        return logged._replace(message=f"{spec} has no history: {logged.message}")
    path = prefix.decode(errors="replace").rstrip("\n") + spec.name
    words = iter(logged.decode(errors="replace").split("\0"))
    commits = []
    for word in words:
        if word.startswith("\1"):
            commits.append(Commit(word[1:], next(words), next(words), path))
        elif word.lstrip("\n"):
            # What happened to a file: a letter and its path, of a renamed file both paths.
            was, is_renamed = next(words), word.lstrip("\n").startswith("R")
            if is_renamed and next(words) == path:
                path = was
    return commits


def is_shallow(folder: Path) -> bool:
    """Whether the clone may lack older commits."""
    return _git("rev-parse", "--is-shallow-repository", folder=folder) == b"true\n"


@contextmanager
def spec_from_top(commit: str, path: str, repository: Path) -> Iterator[SpecFile | Diagnostic]:
    """The spec as a commit has it; ``path`` is from the top of the repository."""
    with TemporaryDirectory(prefix="archc-") as folder:
        yield _written(commit, path, path, Path(folder).resolve(), repository)


def _checked_out(revision: str, path: str, folder: Path) -> SpecFile | Diagnostic:
    what = f"{revision}:{path}"
    if revision.startswith("-"):
        return Diagnostic(Code.UNREADABLE, f"{revision} is no revision")
    prefix = _git("rev-parse", "--show-prefix")
    if isinstance(prefix, Diagnostic):
        return prefix._replace(message=f"cannot read {what}: {prefix.message}")
    first = posixpath.normpath(posixpath.join(prefix.decode().rstrip("\n"), path))
    return _written(revision, first, what, folder)


def _written(
    revision: str, first: str, what: str, folder: Path, repository: Path = _HERE
) -> SpecFile | Diagnostic:
    """The spec and all that it extends, written to the folder at their paths from the top."""
    wanted = first
    for _ in range(_MOST_FILES):
        content = _content(revision, wanted, repository)
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


def _content(revision: str, path: str, repository: Path) -> bytes | Diagnostic:
    """The file as it is at the revision; ``path`` is from the top of the repository."""
    listed = _git(
        "ls-tree", "-l", "--full-tree", "-z", revision, "--", f":(literal){path}", folder=repository
    )
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
    return _git("cat-file", "blob", name.decode(), folder=repository)


def _base_of(content: bytes) -> str | None:
    """What a spec says that it extends, if it can be read."""
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
        return Diagnostic(Code.UNREADABLE, f"git cannot be run: {error}")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Diagnostic(Code.UNREADABLE, said[0] if said else _SILENT)
    return done.stdout
