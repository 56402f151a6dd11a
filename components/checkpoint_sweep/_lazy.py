"""Imports public names when they are asked for, so that importing a package stays cheap."""

import ast
import functools
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_NO_TFX = (
    "{} needs TFX, which is not installed. It is an extra for Python 3.10 only: install "
    "'tfx-checkpoint-sweep[tfx]' there. sweep() and the command line do not need it."
)


def importer(package: str) -> Callable[[str], Any]:
    """Makes a module's `__getattr__` (PEP 562) for the names that it imports for type checkers.

    Args:
        package: Name of the module; what is public is imported below its `if TYPE_CHECKING`.

    Returns:
        The function. It raises `ModuleNotFoundError` in a sentence where TFX is not installed.
    """

    def get(name: str) -> Any:
        home = _homes(package).get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            value = getattr(importlib.import_module(home), name)
        except ModuleNotFoundError as error:
            if error.name not in ("tfx", "ml_metadata"):
                raise
            raise ModuleNotFoundError(_NO_TFX.format(name), name=error.name) from None
        setattr(sys.modules[package], name, value)  # Asked for once.
        return value

    return get


@functools.cache
def _homes(package: str) -> Mapping[str, str]:
    """Reads in the source of a module which other one each name for type checkers is of."""
    source = Path(str(sys.modules[package].__file__)).read_text(encoding="utf-8")
    blocks = (node for node in ast.parse(source).body if isinstance(node, ast.If))
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}
