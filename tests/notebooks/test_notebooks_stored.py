from pathlib import Path

import nbformat
import pytest

from tests.notebooks.executed import NOTEBOOKS


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    path: Path = request.param
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["evaluate_checkpoints", "explore_a_run"]


def test_is_valid(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)


def test_is_stored_without_outputs(notebook: nbformat.NotebookNode) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert [cell.execution_count for cell in code] == [None] * len(code)


def test_names_the_run_in_one_cell_for_parameters(notebook: nbformat.NotebookNode) -> None:
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]

    assert len(tagged) == 1
    assert "root = None  # the --root of a run" in tagged[0].source
