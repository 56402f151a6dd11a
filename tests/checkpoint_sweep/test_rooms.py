"""What each room of the library may import, as docs/architecture.md has it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import checkpoint_sweep
from pipeline.problems.problem import repository

LIBRARY = Path(checkpoint_sweep.__file__).parent
ROOMS = sorted(path.name for path in LIBRARY.iterdir() if (path / "__init__.py").is_file())


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _allowed(room: str) -> set[str]:
    """The rooms that the table in the documentation allows."""
    text = (repository() / "docs" / "architecture.md").read_text()
    row = re.search(rf"^\| `{room}` \|.*\| (.+) \|$", text, re.MULTILINE)
    assert row, f"docs/architecture.md has no row for {room}"
    named = set(re.findall(r"`(\w+)`", row.group(1))) & set(ROOMS)
    return set(ROOMS) - named if row.group(1).startswith("all but") else named


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_what_its_row_allows(room: str) -> None:
    found = {
        name.split(".")[1]
        for path in (LIBRARY / room).rglob("*.py")
        for name in _imports(path)
        if name.startswith("checkpoint_sweep.") and name.split(".")[1] in ROOMS
    }
    assert found - {room} <= _allowed(room)


def test_tfx_and_the_application_stay_outside() -> None:
    for path in LIBRARY.rglob("*.py"):
        names = {name.partition(".")[0] for name in _imports(path)}
        assert "pipeline" not in names, path
        assert "tfx" not in names or path.is_relative_to(LIBRARY / "tfx_components"), path
