"""Hints for values in the notation of YAML 1.1 or of another tool."""

import re

from archc.diagnostics import Hint, Replacement, suggest_keyword, suggest_number
from archc.language.yaml.nodes import Node, Scalar

# Booleans of YAML 1.1 and other tools. The unambiguous ones can be replaced without asking.
_BOOLEANS = {
    **dict.fromkeys(("true", "on", "yes", "y", "1"), "true"),
    **dict.fromkeys(("false", "off", "no", "n", "0", "none"), "false"),
}
_UNAMBIGUOUS = ("true", "on", "yes", "false", "off", "no")


def value_hint(node: Node, expected: str) -> Hint | None:
    """Return how to write the value as ``expected``, or None if that is unclear."""
    if not isinstance(node, Scalar):
        return None
    if node.value is None:
        return _empty_hint(node)
    if expected == "text":
        quoted = f'"{node.text}"'
        return Replacement(quoted, f"put it in quotes: {quoted}", safe=True)
    if expected == "true or false":
        word = node.text.lower()
        if word not in _BOOLEANS:
            return suggest_keyword(node.text, ("true", "false"))
        return Replacement(_BOOLEANS[word], f"write {_BOOLEANS[word]}", safe=word in _UNAMBIGUOUS)
    if expected not in ("a whole number", "a number") or isinstance(node.value, bool):
        return None
    hint = suggest_number(node.text, whole=expected == "a whole number")
    if hint is None:
        return _notation_hint(node.text, expected)
    if isinstance(node.value, str) and hint.safe:
        message = f"{hint.message}, without quotes, separators or leading zeros"
        return hint._replace(message=message)
    return hint


def none_hint(node: Scalar) -> Replacement | None:
    """Suggest ``none`` for a word that turns things off elsewhere, such as ``off`` or ``false``."""
    word = node.text.lower()
    if _BOOLEANS.get(word) != "false" or word == "none":
        return None
    return Replacement("none", "write none", safe=word in _UNAMBIGUOUS)


def _empty_hint(node: Scalar) -> str:
    line = node.span.source.line(node.span.line)
    rest = line[node.span.column - 1 :].strip()
    if re.match(r"#\S", rest):
        return f'`#` starts a comment here; put the value in quotes: "{rest}"'
    if node.text:
        return f"{node.text} is not a value: leave it out"
    if node.span.column > 1 and line[node.span.column - 2] not in ": ":
        return "add a colon and a value"
    return "add a value after the colon"


def _notation_hint(text: str, expected: str) -> Hint | None:
    """Return what to write for text that YAML 1.1 or another tool reads as a number."""
    if match := re.fullmatch(r"(\d+)\s*#.*", text, re.ASCII):
        return f"put a space before the comment: {match[1]} #..."
    if match := re.fullmatch(r"\d{1,9}(:[0-5]?\d)+", text, re.ASCII):
        seconds = 0
        for part in text.split(":"):
            seconds = 60 * seconds + int(part)
        message = f"{text} means {seconds} in YAML 1.1: write {seconds} if you mean that"
        return Replacement(str(seconds), message, safe=False)
    if match := re.fullmatch(r"(\d{4})-\d\d?-\d\d?.*", text, re.ASCII):
        return f"{text} is a date in YAML 1.1: use the year, {match[1]}"
    if re.fullmatch(r"[-+]?\.?(inf|nan|infinity)", text, re.IGNORECASE):
        return "use a finite number"
    if match := re.fullmatch(r"(\d{1,9})([KMG])", text, re.ASCII):
        number, power = int(match[1]), "KMG".index(match[2]) + 1
        binary = f"or {number * 1024**power} if {match[2]} is a power of 1024"
        decimal = str(number * 1000**power)
        return Replacement(decimal, f"write {decimal}, {binary}", safe=False)
    if expected == "a number" and (match := re.fullmatch(r"(\d{1,6})%", text, re.ASCII)):
        share = f"{int(match[1]) / 100:g}"
        return Replacement(share, f"write {share}", safe=False)
    if expected == "a number" and (match := re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)):
        ratio = f"{int(match[1]) / int(match[2]):.6g}" if int(match[2]) else ""
        return Replacement(ratio, f"write {ratio}", safe=False) if ratio else None
    return None
