"""Memory that was freed, and that the process still holds."""

import contextlib
import ctypes


def give_back() -> None:
    """Gives freed memory back to the system, where the C library is glibc; nothing elsewhere.

    glibc keeps what is freed below something that is in use, which after many large arrays is most
    of it. It takes milliseconds.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # No such library or function.
        ctypes.CDLL(None).malloc_trim(0)
