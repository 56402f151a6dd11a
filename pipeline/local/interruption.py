"""Ctrl-C and SIGTERM, remembered: what they interrupt may make another error of them, or hang."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

_PATIENCE = 5.0  # seconds


class Interruption:
    """Turns the first signal into a KeyboardInterrupt; at a second one the process ends at once.

    Attributes:
        status: Exit status that says which signal came; None as long as none did.
        otherwise: Ends the process when the KeyboardInterrupt does not come out of what was
            interrupted; called with the status, in a thread of its own.
    """

    def __init__(self, otherwise: Callable[[int], NoReturn]) -> None:
        self.status: int | None = None
        self.otherwise = otherwise
        self._ending = threading.Lock()
        self._out = False

    def listen(self) -> None:
        """Takes the signals from here on, unless the process was started to ignore them."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)

    def check(self) -> None:
        """Raises KeyboardInterrupt once more if one was swallowed by what it interrupted."""
        if self.status is not None:
            raise KeyboardInterrupt

    def came_out(self) -> None:
        """Notes that a KeyboardInterrupt has arrived, or that nothing is left to be interrupted.

        Does not return if it is too late.
        """
        if not self._out:
            self._ending.acquire()
        self._out = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.status is not None:
            os._exit(self.status)
        self.status = 128 + number
        timer = threading.Timer(_PATIENCE, self._end, [self.status])
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt

    def _end(self, status: int) -> None:
        if self._ending.acquire(blocking=False):
            try:
                self.otherwise(status)
            finally:
                os._exit(status)
