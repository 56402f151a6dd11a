"""What errors have in common."""

import inspect
import pkgutil
from importlib import import_module

import pytest

import checkpoint_sweep
from checkpoint_sweep import SweepError, UserError, errors


def _errors() -> list[type[Exception]]:
    names = [m.name for m in pkgutil.walk_packages(checkpoint_sweep.__path__, "checkpoint_sweep.")]
    modules = [import_module(name) for name in names if not name.endswith("__main__")]
    return sorted(
        {
            found
            for module in modules
            for name, found in inspect.getmembers(module, inspect.isclass)
            if found.__module__ == module.__name__
            and issubclass(found, Exception)
            and not name.startswith("_")
        },
        key=lambda error: error.__qualname__,
    )


# What one part of the library tells another, which answers it: no user sees it.
INTERNAL = {
    "AmbiguousNamesError",
    "CannotHoldError",
    "ConfigFileError",
    "LockHeldError",
    "MissingNodeError",
    "NoLocksError",
    "OpaqueGraphError",
    "UnknownInputsError",
    "UnsupportedError",
}


@pytest.mark.parametrize("error", _errors(), ids=lambda error: error.__qualname__)
def test_an_error_that_a_user_can_see_has_the_exported_base(error: type[Exception]) -> None:
    assert issubclass(error, SweepError) or error.__name__ in INTERNAL


@pytest.mark.parametrize("error", _errors(), ids=lambda error: error.__qualname__)
def test_an_error_can_be_imported_from_the_public_module(error: type[Exception]) -> None:
    assert getattr(errors, error.__name__, None) is error or error.__name__ in INTERNAL


def test_a_user_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Say so"):
        raise UserError("Say so.")
