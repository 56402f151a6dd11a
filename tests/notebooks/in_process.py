"""Runs the cells of a notebook in this process: no kernel has to start, and load TensorFlow."""

import dataclasses
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


@dataclasses.dataclass(frozen=True)
class Executed:
    """A notebook that was executed, up to the first error.

    Attributes:
        names: what its cells have defined.
        printed: all that was printed, errors included.
        error: the first error; None if all cells ran.
        cells: how many cells ran without one.
    """

    names: dict[str, Any]
    printed: str
    error: BaseException | None
    cells: int


def execute(notebook: Path, parameters: str, monkeypatch: pytest.MonkeyPatch) -> Executed:
    """Runs all cells from the notebook's folder, with other parameters.

    Args:
        notebook: the stored one.
        parameters: the source that follows the cell of parameters.
        monkeypatch: puts back the folder, and what the notebook silences.
    """
    monkeypatch.chdir(notebook.parent)
    monkeypatch.setattr(logging.root.manager, "disable", logging.root.manager.disable)
    monkeypatch.setattr(warnings, "filters", list(warnings.filters))
    monkeypatch.setattr(sys, "path", list(sys.path))
    shell, printed, ran = InteractiveShell(), "", 0
    # Drawing a Styler or a View happens when it is shown.
    shell.display_formatter.active_types = ["text/plain", "text/html"]
    for source in _sources(notebook, parameters):
        with capture_output() as captured:
            done = shell.run_cell(source)
        printed += captured.stdout + captured.stderr
        error = done.error_before_exec or done.error_in_exec
        if error is not None:
            return Executed(shell.user_ns, printed, error, ran)
        ran += 1
    return Executed(shell.user_ns, printed, None, ran)


def _sources(notebook: Path, parameters: str) -> Iterator[str]:
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            yield cell.source
            if "parameters" in cell.metadata.get("tags", []):
                yield parameters
