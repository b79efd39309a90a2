"""Ctrl-C and SIGTERM while measuring: what has been measured is not lost."""

import signal
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """Somebody wants an end."""


class Interruptions:
    """Within it the first signal raises ``Interrupted``, which ends the block and no more.

    ``number`` is that of the signal, 0 without one. A second signal ends the process at once.
    """

    def __init__(self) -> None:
        self.number = 0

    def __enter__(self) -> Self:
        self._before = {
            each: signal.signal(each, self._raise)
            for each in _SIGNALS
            if signal.getsignal(each) != signal.SIG_IGN  # as in the background of a shell
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> bool:
        if not self.number:
            for each, before in self._before.items():
                signal.signal(each, before)
        return kind is Interrupted

    def _raise(self, number: int, _: FrameType | None) -> None:
        self.number = number
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        raise Interrupted
