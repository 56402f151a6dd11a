"""Standard streams that are never the reason why a command fails. Importing it is cheap."""

import errno
import io
import os
import sys
from typing import TextIO

# The reader of a pipe has ended, or the terminal has been closed.
_NO_READER = (errno.EPIPE, errno.EIO)


class _Unread(io.FileIO):
    """A file whose reader may end first: the rest goes nowhere.

    So it does after any other error, which is raised once, and not again as the process ends.
    """

    def write(self, data: bytes) -> int:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if error.errno not in _NO_READER:
                raise
        return len(data)


def open_stream(number: int, encoding: str = "utf-8") -> TextIO:
    """Opens the stream of a file number for text.

    Characters that the encoding lacks are written as escapes, and what nobody reads is dropped.

    Args:
        number: Number of an open file, which stays open.
        encoding: Encoding of the text.
    """
    file: io.RawIOBase = _Unread(number, "w", closefd=False)
    raw = io.BufferedWriter(file)
    return io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace", line_buffering=True)


def keep_streams() -> None:
    """Makes stdout and stderr outlive their readers, closed ones included.

    Call it first: another file would get the number of a closed stream. Where Python's own lead
    elsewhere, they are left alone.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # Takes the lowest number that is free: this one.
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None or _number_of(stream) == number:
            encoding = getattr(stream, "encoding", None) or "utf-8"
            setattr(sys, name, open_stream(number, encoding))


def _number_of(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):  # Of a stream in memory, or one that is closed.
        return None
