"""The messages that docs/errors.md states."""

import re
from pathlib import Path

_DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"
# Of what is refused beside a sweep of the component.
BESIDE = "What only the command line and Python refuse"


def documented(section: str, part: str = "") -> dict[str, str]:
    """From the first to the second column of the tables of a section of docs/errors.md.

    Args:
        section: its heading.
        part: heading of a part of it; all if empty.
    """
    text = _DOCUMENT.read_text()
    text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    if part:
        text = text.partition(f"\n### {part}\n")[2].partition("\n### ")[0]
    return dict(re.findall(r"^\| (.+?) \| `(.+)` \|$", text, re.MULTILINE))


def pattern(message: str) -> str:
    """What a message of the documentation stands for."""
    return re.sub("<[^<>]+>", ".+", re.escape(message))
