"""Streams that outlive their readers."""

import errno
import os
import subprocess
import sys

import pytest

from checkpoint_sweep.common.streams import open_stream

_CLOSED = """
import os, sys
os.close({number})
sys.std{name} = None
from checkpoint_sweep.common.streams import keep_streams
keep_streams()
print("answer", file=sys.stdout)
print("message", file=sys.stderr)
assert os.open(os.devnull, os.O_RDONLY) > 2
"""


def test_what_nobody_reads_is_dropped() -> None:
    reader, writer = os.pipe()
    stream = open_stream(writer)
    print("seen", file=stream)
    assert os.read(reader, 100) == b"seen\n"
    os.close(reader)
    print("unseen", file=stream)
    os.write(writer, b"by others, unseen too")
    os.close(writer)


def test_characters_that_an_encoding_lacks_are_escapes() -> None:
    reader, writer = os.pipe()
    print("✓ Zürich", file=open_stream(writer, "ascii"))
    assert os.read(reader, 100) == b"\\u2713 Z\\xfcrich\n"
    os.close(reader)
    os.close(writer)


def test_a_full_disk_is_an_error_once() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    stream = open_stream(full)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        print("lost", file=stream)
    print("after the error", file=stream)  # As when Python ends, which would change the status.
    stream.flush()
    os.close(full)


@pytest.mark.parametrize(
    ("number", "name", "printed"), [(1, "out", ("", "message\n")), (2, "err", ("answer\n", ""))]
)
def test_a_closed_stream_is_no_error(number: int, name: str, printed: tuple[str, str]) -> None:
    code = _CLOSED.format(number=number, name=name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, *printed)
