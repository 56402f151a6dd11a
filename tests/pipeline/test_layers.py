"""Which parts of the application may import which."""

import ast
from pathlib import Path

import pytest

from pipeline.problems.problem import repository

PIPELINE = repository() / "pipeline"


def _imported(paths: list[Path]) -> set[str]:
    """Full names of all that some files import, inside functions too."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize(
    ("part", "forbidden"),
    [
        ("dag.py", ("pipeline.local", "pipeline.kubeflow")),
        ("deployment.py", ("pipeline.local", "pipeline.kubeflow")),
        ("problems", ("pipeline.local", "pipeline.kubeflow", "pipeline.dag")),
        ("local", ("pipeline.kubeflow",)),
        ("kubeflow/compile", ("pipeline.kubeflow.submit", "pipeline.kubeflow.task")),
        ("kubeflow/submit", ("pipeline.kubeflow.compile", "pipeline.kubeflow.task", "tfx")),
        ("kubeflow/task", ("pipeline.kubeflow.compile", "pipeline.kubeflow.submit", "kfp")),
    ],
)
def test_a_part_imports_nothing_that_runs_elsewhere(part: str, forbidden: tuple[str, ...]) -> None:
    files = [PIPELINE / part] if part.endswith(".py") else sorted((PIPELINE / part).rglob("*.py"))
    assert files
    imported = {
        name
        for name in _imported(files)
        if f"{name}.".startswith(tuple(f"{f}." for f in forbidden))
    }
    assert not imported
