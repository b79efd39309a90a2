"""Names of generated files, from the spec's name, the settings and the optimisation.

All backends use these names, so a name that is valid for one is valid for all.
"""

import re
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from unicodedata import combining, normalize

from archc.network.names import is_python_word

MAXIMUM_STEM = 64
_MAXIMUM_SETTINGS = 40
# Settings whose names are ambiguous once they are joined with values.
_AMBIGUOUS = re.compile("_m?[0-9]")
_DEVICES = re.compile("CON|PRN|AUX|NUL|CONIN|CONOUT|(COM|LPT)[0-9]", re.IGNORECASE)
# Modules that only some versions of Python have.
_MODULES_OF_SOME_VERSIONS = """
aifc annotationlib asynchat asyncore audioop cgi cgitb chunk compression crypt distutils imghdr imp
lib2to3 mailcap msilib nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib
""".split()
_MODULES = sys.stdlib_module_names | {*_MODULES_OF_SOME_VERSIONS, "archc", "archc_backends"}


def module_stem(spec: str) -> str:
    """Return the spec's file name as the name of a module; empty if no character is valid.

    A valid name does not change. ``my-net.yaml`` becomes ``my_net``, ``3net.yaml`` ``net_3net``.
    """
    stem = Path(spec).stem
    if re.fullmatch("[A-Za-z][A-Za-z0-9_]*", stem):
        return stem
    letters = "".join(sign for sign in normalize("NFKD", stem) if not combining(sign))
    words = re.sub("[^A-Za-z0-9_]+", "_", letters).strip("_")
    return f"net_{words}" if words[:1].isdigit() else words


def file_stem(spec: str, settings: Iterable[str] = (), suffixes: Iterable[str] = ()) -> str:
    """Return the name of a file without its suffix.

    ``settings`` have values as text; ``suffixes`` are those of recipes.

    Different settings have different names; their order does not matter.
    """
    return "_".join(filter(None, (module_stem(spec), _join_settings(sorted(settings)), *suffixes)))


def _join_settings(settings: list[str]) -> str:
    """Return ``width_0p25`` for ``width = 0.25``; a digest if that is too long or ambiguous."""
    joined = "_".join(settings).replace(" = ", "_")
    joined = joined.replace(".", "p").replace("-", "m").replace("+", "")
    names = [setting.partition(" = ")[0] for setting in settings]
    plain = re.fullmatch("[A-Za-z0-9_]*", joined) and len(joined) <= _MAXIMUM_SETTINGS
    if plain and not any(_AMBIGUOUS.search(name) for name in names):
        return joined
    return f"set_{sha256(', '.join(settings).encode()).hexdigest()[:12]}"


def check_stem(stem: str, imports: Iterable[str] = ()) -> str | None:
    """Return why a file must not have that name, or None.

    ``imports`` are the modules that the files import.
    """
    if not stem:
        return "the name has no letter from A to Z"
    if len(stem) > MAXIMUM_STEM:
        return f"the name is longer than {MAXIMUM_STEM} characters"
    if is_python_word(stem):
        return f"{stem} is a keyword or builtin of Python"
    if _DEVICES.fullmatch(stem):
        return f"{stem} is a device name on Windows"
    if stem in _MODULES or stem in imports:
        return f"the file would shadow the module {stem}"
    return None


def suggest_stem(stem: str) -> str:
    """Return a similar name that is valid."""
    shorter = stem[: MAXIMUM_STEM - 4].rstrip("_")
    return f"{shorter}_net" if shorter and len(stem) <= MAXIMUM_STEM else shorter or "net"
