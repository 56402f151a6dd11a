"""Runs a notebook as a reader would, and exports it to HTML that needs no network."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tests.notebooks import forked_kernel
from tests.support import warm_pipeline

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
# nbconvert's page loads these from the network for formulas and widgets; the notebooks have none.
_WITHOUT_NETWORK = [
    f"--HTMLExporter.{name}=data:text/javascript,"
    for name in ("mathjax_url", "require_js_url", "jquery_url", "mermaid_js_url")
]


def _with_parameters(notebook: NotebookNode, source: str) -> NotebookNode:
    """The notebook with a cell after its `parameters` cell, which assigns other values."""
    (index,) = (
        i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])
    )
    notebook.cells.insert(index + 1, nbformat.v4.new_code_cell(source))
    return notebook


def export(notebook: Path, root: Path, directory: Path, forked: bool = False) -> Path:
    """Executes a notebook on a finished run and exports it.

    Args:
        notebook: the stored one.
        root: of the run.
        directory: an empty one to work in; it gets the application beside the notebook.
        forked: whether its kernel is forked from a process that has imported, rather than started
            as a reader's is.

    Returns:
        The HTML file.
    """
    (directory / "pipeline").symlink_to(REPOSITORY / "pipeline")
    copy = directory / "notebooks" / notebook.name
    copy.parent.mkdir()
    stored = nbformat.read(notebook, as_version=4)
    prepared = _with_parameters(stored, f"root = Path({str(root)!r})")
    nbformat.write(prepared, copy)
    command = [sys.executable, "-m", "nbconvert", "--to=html", "--execute", str(copy)]
    options = ["--ExecutePreprocessor.store_widget_state=False", *_WITHOUT_NETWORK]
    environment = dict(os.environ)
    if forked:
        forked_kernel.write(directory / "jupyter")
        warm_pipeline.parent()  # which the kernel would else start, and end
        environment["JUPYTER_PATH"] = str(directory / "jupyter")
        options.append(f"--ExecutePreprocessor.kernel_name={forked_kernel.NAME}")
    done = subprocess.run(
        [*command, *options], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return copy.with_suffix(".html")
