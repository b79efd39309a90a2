"""Read spec files safely.

Checks which files may be opened, how much of them is read, and whether they are specs. The text of
a file that is not a spec never leaves this module, so no diagnostic can quote it.
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

IDENTIFYING_KEYS = (
    *("archc", "extends", "input", "classes", "modules"),
    *("stem", "inception", "body", "aux", "head"),
)
"""Keys that identify a spec. ``name`` is not one of them: other YAML files have it as well."""

_START = "start with `archc: 1`, then `name:`, `input:` and the layers"
_QUOTED = rf"[\"']?(?:{'|'.join(IDENTIFYING_KEYS)})[\"']?\s*:"
_KEY = re.compile(rf"\W*{_QUOTED}")
_KEY_IN_BRACES = re.compile(rf"[{{,]\s*{_QUOTED}")


def read(path: Path, name: str | None = None, root: Path | None = None) -> Source | Diagnostic:
    """Read the file, or return a diagnostic that says why it cannot be used.

    ``name`` is shown to people. If ``root`` is given, links in the path must not lead out of that
    folder.
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
    """Decode the text of a spec, or return a diagnostic that says why it is not one."""
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
        message = f"invalid UTF-8: byte 0x{data[error.start]:02x}"
        return Diagnostic(Code.UNREADABLE, message, place, hint="save the file as UTF-8")
    if not known:
        message = f"{name} is not a spec: it has no key such as {', '.join(IDENTIFYING_KEYS[:3])}"
        if not text.strip():
            message = f"{name} is empty"
        return Diagnostic(Code.UNREADABLE, message, start, hint=_START)
    return Source(name, text, hashlib.sha256(data).hexdigest(), path)


def is_within(path: Path, root: Path) -> bool:
    """Return whether the path is in the folder after following links."""
    return Path(os.path.realpath(path)).is_relative_to(root)


def _read_bytes(path: Path, root: Path | None) -> bytes | str:
    """Read up to one byte more than the limit, or return why the file is not opened."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    if root is not None:
        if not is_within(path, root):
            return "links to a file outside its project"
        path = Path(os.path.realpath(path))
        if path.suffix != SUFFIX:
            return f"links to a file that does not end in {SUFFIX}"
        flags |= getattr(os, "O_NOFOLLOW", 0)
    # Check before opening, since opening a device may have effects, and again afterwards, since
    # another file may have taken the name.
    if problem := _problem(path.stat().st_mode):
        return problem
    with os.fdopen(os.open(path, flags), "rb") as file:
        return _problem(os.fstat(file.fileno()).st_mode) or file.read(MAXIMUM_BYTES + 1)


def _problem(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "is a directory, not a spec"
    return "" if stat.S_ISREG(mode) else "is not a regular file"


def _is_spec(text: str) -> bool:
    """Return whether an outermost line starts with a key that identifies a spec.

    Does not parse the text, so that an invalid spec passes and its errors can be explained.
    """
    outermost: int | None = None
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped == "{" or stripped.startswith(("#", "%", "---")):
            continue
        indentation = len(line) - len(line.lstrip())
        outermost = indentation if outermost is None else outermost
        if indentation > outermost:
            continue
        if _KEY.match(stripped) or (stripped.startswith("{") and _KEY_IN_BRACES.search(stripped)):
            return True
    return False
