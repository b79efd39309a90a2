"""Files → sources: which files are opened, how much of one is read, and whether it is a spec.

The text of a file that is not a spec stays in this module, so that no finding can quote it.
"""

import hashlib
import os
import re
import stat
from pathlib import Path

from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.spans import Source, Span

MAXIMUM_BYTES = 1_000_000
MAXIMUM_LINES = 10_000
SUFFIX = ".yaml"

TELLING_KEYS = (
    *("archc", "extends", "input", "classes", "modules"),
    *("stem", "inception", "body", "aux", "head"),
)
"""The keys that tell a spec from other YAML. Workflows and charts have a ``name``, too."""

_START = "start with `archc: 1`, then `name:`, `input:` and the layers"
_QUOTED = rf"[\"']?(?:{'|'.join(TELLING_KEYS)})[\"']?\s*:"
_KEY = re.compile(rf"\W*{_QUOTED}")
_KEY_IN_BRACES = re.compile(rf"[{{,]\s*{_QUOTED}")


def read(path: Path, name: str | None = None, root: Path | None = None) -> Source | Diagnostic:
    """The file's text, or why it cannot be used; ``name`` is what people are shown.

    ``root`` is a folder that the file must be in once links are followed; without one, links may
    lead anywhere.
    """
    name = name or str(path)
    try:
        data = _read_bytes(path, root)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Diagnostic(Code.UNREADABLE, f"cannot read {name}: {reason}")
    if isinstance(data, str):
        return Diagnostic(Code.UNREADABLE, f"{name} {data}")
    return read_text(data, name, path)


def read_text(data: bytes, name: str, path: Path | None = None) -> Source | Diagnostic:
    """The bytes as the text of a spec, or why they are none."""
    start = Span(Source(name, "", path=path), 1, 1, 1, 2)
    if len(data) > MAXIMUM_BYTES:
        return Diagnostic(Code.LIMIT, f"{name} is larger than {MAXIMUM_BYTES:,} bytes", start)
    if data.count(b"\n") > MAXIMUM_LINES:
        return Diagnostic(Code.LIMIT, f"{name} has more than {MAXIMUM_LINES:,} lines", start)
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    known = _is_spec(text)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        readable = Source(name, text if known else "", path=path)
        place = Span(readable, line, column, line, column + 1)
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        return Diagnostic(Code.UNREADABLE, message, place, hint="save the file as UTF-8")
    if not known:
        message = f"{name} is not a spec: it has no key such as {', '.join(TELLING_KEYS[:3])}"
        if not text.strip():
            message = f"{name} is empty"
        return Diagnostic(Code.UNREADABLE, message, start, hint=_START)
    return Source(name, text, hashlib.sha256(data).hexdigest(), path)


def is_within(path: Path, root: Path) -> bool:
    """Whether the path is in the folder once its links are followed."""
    return Path(os.path.realpath(path)).is_relative_to(root)


def _read_bytes(path: Path, root: Path | None) -> bytes | str:
    """What is in the file, up to one byte more than a spec may have; or why it is not opened."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    if root is not None:
        if not is_within(path, root):
            return "is a link that leaves its project"
        path = Path(os.path.realpath(path))
        if path.suffix != SUFFIX:
            return f"is a link to a file that does not end in {SUFFIX}"
        flags |= getattr(os, "O_NOFOLLOW", 0)
    # Before it is opened, since opening a device may do something; and after, since by then
    # another file may have the name.
    if unfit := _unfit(path.stat().st_mode):
        return unfit
    with os.fdopen(os.open(path, flags), "rb") as file:
        return _unfit(os.fstat(file.fileno()).st_mode) or file.read(MAXIMUM_BYTES + 1)


def _unfit(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "is a directory, not a spec"
    return "" if stat.S_ISREG(mode) else "is not a regular file"


def _is_spec(text: str) -> bool:
    """Whether a line at the outermost level starts with one of the telling keys.

    A faulty spec must pass, so that it can be explained: nothing is parsed.
    """
    outermost: int | None = None
    for line in text.splitlines():
        written = line.strip()
        if not written or written == "{" or written.startswith(("#", "%", "---")):
            continue
        indentation = len(line) - len(line.lstrip())
        outermost = indentation if outermost is None else outermost
        if indentation > outermost:
            continue
        if _KEY.match(written) or (written.startswith("{") and _KEY_IN_BRACES.search(written)):
            return True
    return False
