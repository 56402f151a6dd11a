"""Arguments that take one text, or several."""

from collections.abc import Iterable


def as_list(given: str | Iterable[str]) -> list[str]:
    """Lists what was given: a text is one, not as many as it has letters.

    >>> as_list("train"), as_list(("train", "drift"))
    (['train'], ['train', 'drift'])
    """
    return [given] if isinstance(given, str) else list(given)
