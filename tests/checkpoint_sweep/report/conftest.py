"""A browser without network, for the pages of reports."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checkpoint_sweep.report.document import Report
from checkpoint_sweep.report.page import render
from tests.checkpoint_sweep.tfma_views.browser import Browser, Observed, launch

Open = Callable[..., Observed]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without network."""
    with launch() as browser:
        yield browser


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report's page; at the end, checks that nothing went wrong in it."""
    opened: list[Observed] = []

    def open_page(report: Report, **options: str) -> Observed:
        path = tmp_path / f"{len(opened)}.html"
        path.write_text(render(report), encoding="utf-8")
        observed = browser.open(path, **options)
        observed.page.wait_for_selector("body[data-drawn]")
        opened.append(observed)
        return observed

    yield open_page
    for observed in opened:
        problem = observed.page.locator("#problem")
        assert not problem.is_visible(), problem.inner_text()
        assert observed.errors == []
        assert observed.requests == []
        observed.close()
