"""Ends the process on Ctrl-C and SIGTERM, at once and at any moment. Importing it is cheap.

A KeyboardInterrupt would be swallowed, or made another error, or crash what imports it. Nothing is
lost by ending without it: what is written is whole, or is not there, whenever a process is killed.
"""

import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import NoReturn

# The rest of the line, and the cursor that a progress bar has hidden.
_BAR_ENDS = "\r\x1b[K\x1b[?25h"


class Interruption:
    """Ends the process with one sentence, and with 128 and the number of the signal.

    Attributes:
        sentence: Sentence for the user.
        stderr: Number of the file that the sentence goes to.
        log: File to remove; None for none.
    """

    def __init__(self) -> None:
        self.sentence = "Interrupted."
        self.stderr = 2
        self.log: Path | None = None
        self._ends = threading.Lock()

    def listen(self) -> None:
        """Takes the signals from here on, unless the process was started to ignore them."""
        numbers = [
            number
            for number in (signal.SIGINT, signal.SIGTERM)
            if signal.getsignal(number) is not signal.SIG_IGN
        ]
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, self._handle)
        # Python calls handlers only between two steps of the main thread, which may be in
        # TensorFlow for long.
        threading.Thread(
            target=self._wait, args=(reading, numbers), name="signals", daemon=True
        ).start()

    def ignore(self) -> None:
        """Takes no signal from here on: the process ends anyway."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    def _wait(self, reading: int, numbers: list[signal.Signals]) -> None:
        while True:
            number = os.read(reading, 1)[0]
            if number in numbers:
                self._end(number)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._end(number)

    def _end(self, number: int) -> NoReturn:
        if self._ends.acquire(blocking=False):
            try:
                bar = _BAR_ENDS if os.isatty(self.stderr) else ""
                os.write(self.stderr, f"{bar}{self.sentence}\n".encode())
                if self.log is not None:
                    self.log.unlink(missing_ok=True)
            finally:
                os._exit(128 + number)
        signal.pause()  # The other thread ends the process.
        raise SystemExit(128 + number)
