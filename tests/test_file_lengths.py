"""No file has more than 300 lines without a reason."""

import ast
from pathlib import Path

from pipeline.problems.problem import repository

MOST = 300
_FOLDERS = ("components", "pipeline", "benchmarks", "examples", "tests")


def _has_reason(path: Path) -> bool:
    return f"Over {MOST} lines" in (ast.get_docstring(ast.parse(path.read_text())) or "")


def test_a_long_file_says_in_its_docstring_why_it_is_long() -> None:
    paths = [path for folder in _FOLDERS for path in (repository() / folder).rglob("*.py")]
    long = [path for path in paths if len(path.read_text().splitlines()) > MOST]
    assert long
    assert [str(path) for path in long if not _has_reason(path)] == []
