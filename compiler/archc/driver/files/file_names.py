"""What generated files are called: from the spec's name, what was set, and how it is optimised.

The same for every backend, so that a spec is good or bad whichever of them it is built with.
"""

import re
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from unicodedata import combining, normalize

from archc.network.names import is_python_word

MAXIMUM_STEM = 64
_MAXIMUM_ENDING = 40
# Values and names that only some combination of settings can tell apart, once they are joined.
_AMBIGUOUS = re.compile("_m?[0-9]")
_DEVICES = re.compile("CON|PRN|AUX|NUL|CONIN|CONOUT|(COM|LPT)[0-9]", re.IGNORECASE)
# What the standard library has in some versions of Python only.
_OF_SOME_VERSIONS = """
aifc annotationlib asynchat asyncore audioop cgi cgitb chunk compression crypt distutils imghdr imp
lib2to3 mailcap msilib nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib
""".split()
_MODULES = sys.stdlib_module_names | {*_OF_SOME_VERSIONS, "archc", "archc_backends"}


def module_stem(spec: str) -> str:
    """The spec's file name as a module's name; empty where nothing of it can be in one.

    A name that is one already stays as it is. ``my-net.yaml`` gives ``my_net``, ``3net.yaml``
    gives ``net_3net``.
    """
    stem = Path(spec).stem
    if re.fullmatch("[A-Za-z][A-Za-z0-9_]*", stem):
        return stem
    letters = "".join(sign for sign in normalize("NFKD", stem) if not combining(sign))
    words = re.sub("[^A-Za-z0-9_]+", "_", letters).strip("_")
    return f"net_{words}" if words[:1].isdigit() else words


def file_stem(spec: str, pairs: Iterable[str] = (), words: Iterable[str] = ()) -> str:
    """The base of a file's name: ``pairs`` are settings as text, ``words`` those of recipes.

    Other settings give another name, the same ones in any order the same name.
    """
    return "_".join(filter(None, (module_stem(spec), _ending(sorted(pairs)), *words)))


def _ending(pairs: list[str]) -> str:
    """``width = 0.25`` as ``width_0p25``; a digest where that is long or has two meanings."""
    ending = "_".join(pairs).replace(" = ", "_")
    ending = ending.replace(".", "p").replace("-", "m").replace("+", "")
    names = [pair.partition(" = ")[0] for pair in pairs]
    plain = re.fullmatch("[A-Za-z0-9_]*", ending) and len(ending) <= _MAXIMUM_ENDING
    if plain and not any(_AMBIGUOUS.search(name) for name in names):
        return ending
    return f"set_{sha256(', '.join(pairs).encode()).hexdigest()[:12]}"


def check_stem(stem: str, imports: Iterable[str] = ()) -> str | None:
    """Why no file can be called so, or none should; None where it may be.

    ``imports`` are modules that the files import.
    """
    if not stem:
        return "there is no letter from A to Z in it"
    if len(stem) > MAXIMUM_STEM:
        return f"it is longer than {MAXIMUM_STEM} characters"
    if is_python_word(stem):
        return f"{stem} is a word of Python's"
    if _DEVICES.fullmatch(stem):
        return f"{stem} is a device on Windows, where no file can be called so"
    if stem in _MODULES or stem in imports:
        return f"{stem} is a module already, which the file would hide"
    return None


def suggest_stem(stem: str) -> str:
    """A name like it that a spec may have."""
    shorter = stem[: MAXIMUM_STEM - 4].rstrip("_")
    return f"{shorter}_net" if shorter and len(stem) <= MAXIMUM_STEM else shorter or "net"
