"""Ctrl-C and SIGTERM, put off until the work at hand is at a place where it can be left."""

import signal
from types import FrameType
from typing import Any, Self


class Interrupts:
    """While entered, the first SIGINT or SIGTERM is only noted; a second one has its usual effect at once."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.noted: int | None = None
        self._usual: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in self.SIGNALS:
            # A signal that is ignored, as Ctrl-C is under nohup, stays so.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._usual[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def obey(self) -> None:
        """Lets the noted signal, if there is one, have its usual effect."""
        if self.noted is not None:
            self._restore()
            signal.raise_signal(self.noted)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.noted = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._usual.items():
            signal.signal(number, handler)
