"""Masks secrets, by the names that they are given under, in what goes to a log."""

import re

_MASK = "***"
_NAMED = re.compile(
    r"""(?ix)
    ( [\w-]* (?: secret | token | passw(?:or)?d | credential | api[_-]?key | access[_-]?key
        | cookie | authorization ) s? ["']? \s* [=:] \s* (?: bearer \s+ )? )
    ( "[^"]*" | '[^']*' | [^\s"',;)\]}]+ )
    """
)
_BEARER = re.compile(r"(?i)(\bbearer\s+)[\w.~+/-]{8,}=*")


def masked(text: str) -> str:
    """Replaces the values of secrets by a mask.

    >>> masked("--s3_secret_access_key=abc --runner=FnApiRunner")
    '--s3_secret_access_key=*** --runner=FnApiRunner'

    Args:
        text: Text, such as a line of a log.
    """
    return _BEARER.sub(rf"\1{_MASK}", _NAMED.sub(rf"\1{_MASK}", text))
