"""Ctrl-C and SIGTERM while measuring: what has been measured is not lost."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interrupted(BaseException):
    """Somebody wants an end."""


class Interruptions:
    """Within it the first signal ends measuring and nothing else; a second one ends the process.

    ``number`` is that of the signal, 0 without one.
    """

    def __init__(self) -> None:
        self.number = 0
        self._measures = False

    def __enter__(self) -> Self:
        self._before = {
            each: signal.signal(each, self._note)
            for each in _SIGNALS
            if signal.getsignal(each) != signal.SIG_IGN  # as in the background of a shell
        }
        return self

    def __exit__(self, *_: object) -> None:
        if not self.number:
            for each, before in self._before.items():
                signal.signal(each, before)

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """A block that a signal ends; what follows it runs as ever."""
        self._measures = True
        try:
            yield
        except _Interrupted:
            pass  # ``number`` tells
        finally:
            self._measures = False

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """A block within ``measuring`` that a signal ends only once the block is complete."""
        self._measures = False
        yield
        self._measures = True
        if self.number:
            raise _Interrupted

    def _note(self, number: int, _: FrameType | None) -> None:
        self.number = number
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        if self._measures:
            raise _Interrupted
