"""Imports public names when they are asked for, so that importing a package stays cheap."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

_NO_TFX = (
    "{} needs TFX, which is not installed. It is an extra for Python 3.10 only: install "
    "'tfx-checkpoint-sweep[tfx]' there. sweep() and the command line do not need it."
)


def importer(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Makes a module's `__getattr__` (PEP 562).

    Args:
        package: Name of the module.
        homes: Module that defines each public name.

    Returns:
        The function. It raises `ModuleNotFoundError` in a sentence where TFX is not installed.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            value = getattr(importlib.import_module(homes[name]), name)
        except ModuleNotFoundError as error:
            if error.name not in ("tfx", "ml_metadata"):
                raise
            raise ModuleNotFoundError(_NO_TFX.format(name), name=error.name) from None
        setattr(sys.modules[package], name, value)  # Asked for once.
        return value

    return get
