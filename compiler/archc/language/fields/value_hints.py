"""How to write a value that is not as it is needed: what YAML 1.1 and other tools would take."""

import re

from archc.diagnostics import Hint, Replacement, suggest_keyword
from archc.diagnostics.number_hints import number_hint
from archc.language.yaml.source import Node, Scalar

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
            return suggest_keyword(node.text, ("true", "false"))
        return Replacement(_BOOLEANS[word], f"write {_BOOLEANS[word]}", safe=word in _CERTAIN)
    if needed not in ("a whole number", "a number") or isinstance(node.value, bool):
        return None
    hint = number_hint(node.text, whole=needed == "a whole number")
    if hint is None:
        return _surprise(node.text, needed)
    if isinstance(node.value, str) and hint.safe:
        words = f"{hint.words}, without quotes, separators or leading zeros"
        return hint._replace(words=words)
    return hint


def none_hint(node: Scalar) -> Replacement | None:
    """``none`` for a word that means no elsewhere, such as ``off`` or ``false``."""
    word = node.text.lower()
    if _BOOLEANS.get(word) != "false" or word == "none":
        return None
    return Replacement("none", "write none", safe=word in _CERTAIN)


def _empty_hint(node: Scalar) -> str:
    written = node.span.source.line(node.span.line)
    behind = written[node.span.column - 1 :].strip()
    if re.match(r"#\S", behind):
        return f'`#` starts a comment here: put quotes round it, "{behind}"'
    if node.text:
        return f"{node.text} is no value: what is not stated is left out"
    if node.span.column > 1 and written[node.span.column - 2] not in ": ":
        return "a colon and a value are missing"
    return "a value is missing behind the colon"


def _surprise(text: str, needed: str) -> Hint | None:
    """What to write for text that other tools, or YAML 1.1, take for a number."""
    if match := re.fullmatch(r"(\d+)\s*#.*", text, re.ASCII):
        return f"a comment has a space before its #: {match[1]} #..."
    if match := re.fullmatch(r"\d{1,9}(:[0-5]?\d)+", text, re.ASCII):
        seconds = 0
        for part in text.split(":"):
            seconds = 60 * seconds + int(part)
        words = f"{text} is {seconds} in YAML 1.1 and no number here: write {seconds} if meant"
        return Replacement(str(seconds), words, safe=False)
    if match := re.fullmatch(r"(\d{4})-\d\d?-\d\d?.*", text, re.ASCII):
        return f"{text} is a date in YAML 1.1 and no number here: a year is {match[1]}"
    if re.fullmatch(r"[-+]?\.?(inf|nan|infinity)", text, re.IGNORECASE):
        return "only finite numbers can stand here"
    if match := re.fullmatch(r"(\d{1,9})([KMG])", text, re.ASCII):
        number, power = int(match[1]), "KMG".index(match[2]) + 1
        binary = f"or {number * 1024**power} where {match[2]} is a power of 1024"
        decimal = str(number * 1000**power)
        return Replacement(decimal, f"write {decimal}, {binary}", safe=False)
    if needed == "a number" and (match := re.fullmatch(r"(\d{1,6})%", text, re.ASCII)):
        share = f"{int(match[1]) / 100:g}"
        return Replacement(share, f"write {share}", safe=False)
    if needed == "a number" and (match := re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)):
        ratio = f"{int(match[1]) / int(match[2]):.6g}" if int(match[2]) else ""
        return Replacement(ratio, f"write {ratio}", safe=False) if ratio else None
    return None
