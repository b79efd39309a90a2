"""How to write a value that is not as it is needed: what YAML 1.1 and other tools would take."""

import re
from math import isfinite

from archc.diagnostics import Hint, Replacement, suggestion
from archc.source import Node, Scalar

# Words for truth elsewhere; those in YAML 1.1 leave no doubt.
_BOOLEANS = {
    **dict.fromkeys(("true", "on", "yes", "y", "1"), "true"),
    **dict.fromkeys(("false", "off", "no", "n", "0", "none"), "false"),
}
_CERTAIN = ("true", "on", "yes", "false", "off", "no")


def value_hint(node: Node, needed: str) -> Hint | None:
    """How to write what stands there as what is needed, where that can be told."""
    if not isinstance(node, Scalar):
        return None
    if node.value is None:
        return _empty_hint(node)
    if needed == "text":
        quoted = f'"{node.text}"'
        return Replacement(quoted, f"write {quoted} with quotes", safe=True)
    if needed == "true or false":
        word = node.text.lower()
        if word not in _BOOLEANS:
            return suggestion(node.text, ("true", "false"))
        return Replacement(_BOOLEANS[word], f"write {_BOOLEANS[word]}", safe=word in _CERTAIN)
    if needed not in ("a whole number", "a number") or isinstance(node.value, bool):
        return None
    number = _meant(node.text)
    if number is None or (needed == "a whole number" and isinstance(number, float)):
        return _surprise(node.text, needed)
    if re.fullmatch("0[0-7]{1,18}", node.text):
        octal = f"write {number}, or {int(node.text, 8)} where octal is meant"
        return Replacement(str(number), octal, safe=False)
    behind = ", without quotes, separators or leading zeros" if isinstance(node.value, str) else ""
    return Replacement(str(number), f"write {number}{behind}", safe=True)


def _empty_hint(node: Scalar) -> str:
    written = node.span.source.line(node.span.line)
    behind = written[node.span.column - 1 :].strip()
    if re.match(r"#\S", behind):
        return f'`#` starts a comment here: write "{behind}" with quotes'
    if node.text:
        return f"{node.text} is no value: what is not stated is left out"
    if node.span.column > 1 and written[node.span.column - 2] not in ": ":
        return "a colon and a value are missing"
    return "a value is missing behind the colon"


def _surprise(text: str, needed: str) -> str | None:
    """What to write for text that other tools, or YAML 1.1, take for a number."""
    if match := re.fullmatch(r"(\d+)\s*#.*", text, re.ASCII):
        return f"a comment has a space before its #: {match[1]} #..."
    if match := re.fullmatch(r"\d{1,9}(:[0-5]?\d)+", text, re.ASCII):
        seconds = 0
        for part in text.split(":"):
            seconds = 60 * seconds + int(part)
        return f"{text} is {seconds} in YAML 1.1 and no number here: write {seconds} if it is meant"
    if match := re.fullmatch(r"(\d{4})-\d\d?-\d\d?.*", text, re.ASCII):
        return f"{text} is a date in YAML 1.1 and no number here: a year is {match[1]}"
    if re.fullmatch(r"[-+]?\.?(inf|nan|infinity)", text, re.IGNORECASE):
        return "only finite numbers can stand here"
    if match := re.fullmatch(r"(\d{1,9})([KMG])", text, re.ASCII):
        return f"write {int(match[1]) * 1000 ** ('KMG'.index(match[2]) + 1)}"
    if needed == "a number" and (match := re.fullmatch(r"(\d{1,6})%", text, re.ASCII)):
        return f"write {int(match[1]) / 100:g}"
    if needed == "a number" and (match := re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)):
        return f"write {int(match[1]) / int(match[2]):.6g}" if int(match[2]) else None
    return None


def _meant(text: str) -> int | float | None:
    """The number that is meant by ``1_000``, ``017``, ``0x10`` or ``.5``; None for other text."""
    digits = text.replace("_", "")
    if re.fullmatch(r"\d{1,3}(,\d{3})+", digits, re.ASCII):
        digits = digits.replace(",", "")
    if len(digits) > 18:
        return None
    if digits.isascii() and digits.isdigit():
        return int(digits)
    try:
        if text[:2].lower() in ("0x", "0o", "0b"):
            return int(text, 0)
        number = float(text)
    except ValueError:
        return None
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
