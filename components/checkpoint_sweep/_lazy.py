"""Imports public names when they are asked for, so that importing a package stays cheap."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def importer(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Makes a module's `__getattr__` (PEP 562).

    Args:
        package: Name of the module.
        homes: Module that defines each public name.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # Asked for once.
        return value

    return get
