"""Freed memory goes back to the system."""

import ctypes

import pytest

from checkpoint_sweep.common import heap


class _Library:
    """A C library, with what it was called with."""

    def __init__(self) -> None:
        self.trimmed: list[int] = []

    def malloc_trim(self, pad: int) -> None:
        self.trimmed.append(pad)


def test_glibc_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    library = _Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    heap.give_back()
    assert library.trimmed == [0]


@pytest.mark.parametrize("error", [OSError, TypeError, AttributeError])
def test_without_glibc_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def missing(name: str | None) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", missing)
    heap.give_back()
