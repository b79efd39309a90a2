"""What a benchmark is doing, on standard error, so that a long one is not silent."""

import shutil
from contextlib import suppress
from typing import TextIO

from archc.diagnostics.escapes import escape_line
from archc.diagnostics.wording import counted

CLEAR = "\r\x1b[K"


class Progress:
    """One line that is renewed on a terminal; elsewhere a line for each stage."""

    def __init__(self, stream: TextIO | None, title: str) -> None:
        self._stream = stream
        self._title = title
        self._renews = stream is not None and stream.isatty()

    def start(self, name: str, position: int, count: int) -> None:
        """A contender starts, as the ``position``-th of ``count``."""
        if self._renews:
            self._renew(f"starting {name}, {position} of {count} (compiling can take a minute)")
        elif position == 1:
            self._line(f"starting {counted(count, 'contender')}")

    def turn(self, name: str, number: int, rounds: int, left: float | None) -> None:
        """A contender has its turn in a round, 0 while they warm up; ``left`` are seconds."""
        stage = f"round {number} of {rounds}" if number else "warming up"
        if self._renews:
            rest = "" if left is None else f", about {left:.0f} s left"
            self._renew(f"{stage}{rest}: {name}")
        elif left is None:
            self._line(f"measuring {counted(rounds, 'round')}")

    def clear(self) -> None:
        """Leave an empty line for what is printed next."""
        if self._renews:
            self._print(CLEAR)

    def _renew(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._print(CLEAR + escape_line(f"{self._title}: {text}")[:width])

    def _line(self, text: str) -> None:
        self._print(f"{self._title}: {text}\n")

    def _print(self, text: str) -> None:
        """Nothing where the stream is closed: who closed it does not want to know."""
        if self._stream is not None:
            with suppress(OSError):
                print(end=text, file=self._stream, flush=True)
