"""The page in the frame of a console, which may run scripts and has no origin to keep things in."""

import html
from pathlib import Path

from checkpoint_sweep.report.page import render
from tests.checkpoint_sweep.report import fake_report
from tests.checkpoint_sweep.tfma_views.browser import Browser

# As Kubeflow's console makes it: frontend/src/components/viewers/HTMLViewer.tsx.
FRAME = """<!DOCTYPE html>
<iframe sandbox="allow-scripts" width="1000" height="800" srcdoc="{}"></iframe>
"""


def test_the_page_is_drawn_in_a_frame_of_a_console(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "console.html"
    page = render(fake_report.report(checkpoints=5))
    path.write_text(FRAME.format(html.escape(page)), encoding="utf-8")
    observed = browser.open(path)
    frame = observed.page.frame_locator("iframe")
    frame.locator("body[data-drawn]").wait_for()
    assert not frame.locator("#problem").is_visible()
    assert frame.locator("svg, canvas").count() > 0
    assert observed.errors == []
    assert observed.requests == []
