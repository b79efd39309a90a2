"""What a benchmark is doing, on standard error, so that a long one is not silent."""

import shutil
from typing import TextIO

from archc.validation import counted
from archc.visible import one_line

CLEAR = "\r\x1b[K"


class Progress:
    """One line that is renewed on a terminal; elsewhere a line for each stage."""

    def __init__(self, stream: TextIO, title: str) -> None:
        self._stream = stream
        self._title = title
        self._renews = stream.isatty()

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
            print(end=CLEAR, file=self._stream, flush=True)

    def _renew(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        line = one_line(f"{self._title}: {text}")[:width]
        print(end=f"{CLEAR}{line}", file=self._stream, flush=True)

    def _line(self, text: str) -> None:
        print(f"{self._title}: {text}", file=self._stream, flush=True)
