"""Damages a text slightly, as typing, editors, merges and disks do."""

import re
from collections.abc import Callable
from random import Random

SIGNIFICANT = [
    *(c.encode() for c in "{}[]:,#&*!|>'\"%@`-?~ \t\n\r\\<=0_"),
    *(b": ", b" #", b"- ", b"---\n", b"...\n", b"<<: ", b"!!python/name:os.system ", b"&a ", b"*a"),
    *(b"null", b"true", b"1e999", b"-1", b".inf", b"0x10", b"1_000", b"12:30", b"none", b"classes"),
    *("é\u2028\u0085\ufeff\u202e\U0001f600".encode(), "ﬁ".encode(), b"\x00", b"\xff", b"\xc3"),
]
NUMBERS = (
    b"0",
    b"-1",
    b"1",
    b"2",
    b"3",
    b"7",
    b"64",
    b"1000000",
    b"1000001",
    b"99999999999999999999",
)
FRACTIONS = (b"0.5", b"1e-400", b"1e400", b"007", b"1.0", b"")
Change = Callable[[bytes, Callable[[], bytes], Random], bytes]


def mutated(text: bytes, another: Callable[[], bytes], random: Random) -> tuple[bytes, str]:
    """Return the text with one to three changes, and the last one's name."""
    name = ""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        name = random.choice(list(CHANGES))
        text = CHANGES[name](text, another, random)
    return text, name


def _flip(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
    place = random.randrange(len(text)) if text else 0
    return (
        text[:place] + bytes([text[place] ^ 1 << random.randrange(8)]) + text[place + 1 :]
        if text
        else text
    )


def _delete(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
    place = random.randint(0, len(text))
    return text[:place] + text[place + random.choice((1, 1, 1, 2, 5, 40)) :]


def _insert(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
    place = random.randint(0, len(text))
    return text[:place] + random.choice(SIGNIFICANT) + text[place:]


def _lines(text: bytes, random: Random, change: Callable[[list[bytes], int, int], None]) -> bytes:
    lines = text.split(b"\n")
    change(lines, random.randrange(len(lines)), random.randrange(len(lines)))
    return b"\n".join(lines)


def _swap_lines(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
    def swap(lines: list[bytes], i: int, j: int) -> None:
        lines[i], lines[j] = lines[j], lines[i]

    return _lines(text, random, swap)


def _double_line(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
    return _lines(text, random, lambda lines, i, j: lines.insert(j, lines[i]))


def _delete_line(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
    return _lines(text, random, lambda lines, i, j: lines.__delitem__(i))


def _indent(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
    def indent(lines: list[bytes], i: int, j: int) -> None:
        stripped = lines[i].lstrip(b" ")
        depth = max(0, len(lines[i]) - len(stripped) + random.choice((-4, -2, -1, 1, 2, 4)))
        lines[i] = b" " * depth + stripped

    return _lines(text, random, indent)


def _splice(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
    other = another()
    start, end = sorted((random.randint(0, len(other)), random.randint(0, len(other))))
    place = random.randint(0, len(text))
    return text[:place] + other[start:end] + text[place + random.choice((0, end - start)) :]


def _replace(pattern: bytes, values: tuple[bytes, ...]) -> Change:
    def replace(text: bytes, another: Callable[[], bytes], random: Random) -> bytes:
        found = list(re.finditer(pattern, text))
        if not found:
            return text
        match = random.choice(found)
        words = [other[0] for other in found]
        return text[: match.start()] + random.choice((*values, *words)) + text[match.end() :]

    return replace


CHANGES: dict[str, Change] = {
    "flip": _flip,
    "delete": _delete,
    "insert": _insert,
    "swap lines": _swap_lines,
    "double a line": _double_line,
    "delete a line": _delete_line,
    "indent": _indent,
    "splice": _splice,
    "number": _replace(rb"[0-9]+(\.[0-9]+)?", (*NUMBERS, *FRACTIONS)),
    "word": _replace(rb"[A-Za-z_][A-Za-z0-9_]*", (b"none", b"classes", b"__class__", b"import")),
}
