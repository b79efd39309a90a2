"""Ctrl-C and SIGTERM while measuring: keep the results so far."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interrupted(BaseException):
    """Raised by the first signal."""


class Interruptions:
    """A context in which the first signal ends only the measuring and a second ends the process.

    ``number`` is the signal's number, 0 without a signal.
    """

    def __init__(self) -> None:
        self.number = 0
        self._measures = False

    def __enter__(self) -> Self:
        self._before = {
            each: signal.signal(each, self._note)
            for each in _SIGNALS
            if signal.getsignal(each) != signal.SIG_IGN  # ignored in the background of a shell
        }
        return self

    def __exit__(self, *_: object) -> None:
        if not self.number:
            for each, before in self._before.items():
                signal.signal(each, before)

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Return a context that a signal ends; the code after it still runs."""
        self._measures = True
        try:
            yield
        except _Interrupted:
            pass  # callers check ``number``
        finally:
            self._measures = False

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """Return a context within ``measuring`` that a signal does not end until it completes."""
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
