"""Ctrl-C and SIGTERM, remembered: what is interrupted may turn them into any other error."""

import os
import signal
from types import FrameType


class Interruption:
    """Turns the first signal into a KeyboardInterrupt; at a second one the process ends at once.

    Attributes:
        status: exit status that says which signal came; None as long as none did.
    """

    def __init__(self) -> None:
        self.status: int | None = None

    def listen(self) -> None:
        """Takes the signals from here on, unless the process was started to ignore them."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.status is not None:
            os._exit(self.status)
        self.status = 128 + number
        raise KeyboardInterrupt
