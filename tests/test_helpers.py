"""`tests/README.md` says what every helper of the tests is for."""

import re
from pathlib import Path

_TESTS = Path(__file__).parent
_NOT_HELPERS = ("test_*.py", "conftest.py", "__init__.py")


def test_every_helper_is_described_once() -> None:
    rows = re.findall(r"^\| `([\w/]+\.py)` \|", (_TESTS / "README.md").read_text(), re.MULTILINE)
    helpers = [
        str(path.relative_to(_TESTS))
        for path in _TESTS.rglob("*.py")
        if not any(path.match(pattern) for pattern in _NOT_HELPERS)
    ]
    assert sorted(rows) == sorted(helpers)
