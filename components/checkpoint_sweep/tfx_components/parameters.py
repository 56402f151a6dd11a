"""Reads parameters of components, which orchestrators hand over as text or numbers."""

import json

from checkpoint_sweep.common.errors import UserError


class ParameterError(UserError):
    """A parameter is not what it must be; the message says which and what it must be."""


def names(parameter: str, text: str) -> list[str]:
    """Parses a list of names from JSON.

    Args:
        parameter: Name of the parameter.
        text: Value of the parameter.

    Raises:
        ParameterError: It is something else.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ParameterError(
            f'{parameter} is {text!r}; it must be a list of names in JSON, such as ["eval"].'
        )
    return found


def whole(parameter: str, value: float | str | None) -> int | None:
    """Parses a whole number, which some orchestrators hand over as a float; None for none.

    Raises:
        ParameterError: It is something else.
    """
    if value is None:
        return None
    try:
        number = float(value)
        if number.is_integer():
            return int(number)
    except (ValueError, TypeError):
        pass
    raise ParameterError(f"{parameter} is {value!r}; it must be a whole number, or None.")
