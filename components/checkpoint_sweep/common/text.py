"""Lists in sentences."""

from collections.abc import Sequence


def some(items: Sequence[str], most: int, separator: str = ", ") -> str:
    """The first `most` of the items, and how many more there are.

    >>> some(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = separator.join(items[:most])
    left = len(items) - most
    if left <= 0:
        return shown
    return f"{shown}{' ' if separator.strip(' ') else separator}and {left} more"


def first_line(error: object, longest: int = 300) -> str:
    """What an error says, without the data that libraries print after it."""
    text = str(error).strip().partition("\n")[0] or type(error).__name__
    return text if len(text) <= longest else f"{text[:longest]} ..."
