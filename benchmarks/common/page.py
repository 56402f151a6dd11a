"""Writes what a benchmark has measured into a page of Markdown, between two marks."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from benchmarks.common.folders import RESULTS

# The option of a benchmark that does so.
Write = Annotated[bool, typer.Option("--write", help="Write what is measured into RESULTS.md.")]


def put(page: str, name: str, text: str) -> str:
    """Puts a text between the marks of a name in a page, in place of what is there.

    Raises:
        ValueError: the page lacks them.
    """
    begin, end = marks(name)
    pattern = re.compile(f"{re.escape(begin)}\n.*{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"The page has no {begin} and {end}.")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page)


def renew_results(name: str, text: str) -> None:
    """Puts a text between the marks of a name in `RESULTS.md`."""
    RESULTS.write_text(put(RESULTS.read_text(), name, text))


def marks(name: str) -> tuple[str, str]:
    """Gives the marks of a name: where its text begins and ends."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def rows(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Formats a table of Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *lines))
