"""Progress of a benchmark on standard error."""

import shutil
from contextlib import suppress
from typing import TextIO

from archc.diagnostics.escapes import escape_line
from archc.diagnostics.wording import pluralize

CLEAR = "\r\x1b[K"


class Progress:
    """On a terminal, one line that is updated; elsewhere, one line per stage."""

    def __init__(self, stream: TextIO | None, title: str) -> None:
        self._stream = stream
        self._title = title
        self._renews = stream is not None and stream.isatty()

    def start(self, name: str, position: int, count: int) -> None:
        """Show that the ``position``-th of ``count`` workers starts."""
        if self._renews:
            self._renew(f"starting {name}, {position} of {count} (compiling can take a minute)")
        elif position == 1:
            self._line(f"starting {pluralize(count, 'worker')}")

    def turn(self, name: str, number: int, rounds: int, left: float | None) -> None:
        """Show the worker's turn and the round, 0 for the warm-up; ``left`` is in seconds."""
        stage = f"round {number} of {rounds}" if number else "warming up"
        if self._renews:
            rest = "" if left is None else f", about {left:.0f} s left"
            self._renew(f"{stage}{rest}: {name}")
        elif left is None:
            self._line(f"measuring {pluralize(rounds, 'round')}")

    def clear(self) -> None:
        """Clear the line for the next output."""
        if self._renews:
            self._print(CLEAR)

    def _renew(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._print(CLEAR + escape_line(f"{self._title}: {text}")[:width])

    def _line(self, text: str) -> None:
        self._print(f"{self._title}: {text}\n")

    def _print(self, text: str) -> None:
        """Print, unless the stream is missing or closed."""
        if self._stream is not None:
            with suppress(OSError):
                print(end=text, file=self._stream, flush=True)
