"""Options that several commands share, declared once as the fields of a dataclass."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

Command = Callable[..., None]


def takes_options(
    parameter: str,
    options: Callable[..., Any],
    declared: Mapping[str, inspect.Parameter] | None = None,
) -> Callable[[Command], Command]:
    """Gives a command the fields of a dataclass as options, in place of one of its parameters.

    Typer reads the options of a command from its signature.

    Args:
        parameter: Parameter of the command that takes the dataclass.
        options: Dataclass whose fields are the options.
        declared: Declarations of the options by field; None for those of the dataclass.
    """
    shared = inspect.signature(options).parameters if declared is None else declared

    def give(command: Command) -> Command:
        # By keyword, as Typer calls commands: options with a default may come before those without.
        parameters = [
            option.replace(kind=option.KEYWORD_ONLY)
            for name, own in inspect.signature(command).parameters.items()
            for option in (shared.values() if name == parameter else [own])
        ]

        @functools.wraps(command)
        def wrapper(**values: Any) -> None:
            given = options(**{name: values.pop(name) for name in shared})
            command(**{parameter: given}, **values)

        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return wrapper

    return give
