"""Fewer of many items, evenly spaced: what a chart or a page can show."""

from collections.abc import Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


def thin(items: Sequence[_Item], most: int) -> list[_Item]:
    """Keeps at most so many items, evenly spaced, first and last among them.

    >>> thin(range(101), 3)
    [0, 50, 100]

    Args:
        items: Items, in order.
        most: Largest number to keep, at least 2.
    """
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def thin_with(names: Sequence[str], kept: str | None, most: int) -> list[str]:
    """Keeps at most so many names, as `thin` does, and one more besides.

    Args:
        names: Names, in order.
        kept: Name to keep; None for none.
        most: Largest number to keep, `kept` included; at least 3.
    """
    if len(names) <= most:
        return list(names)
    spread = {*thin(names, most - 1), kept}
    return [name for name in names if name in spread]
