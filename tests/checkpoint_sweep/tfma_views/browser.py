"""Headless Chromium without network, and what a page said and asked for in it."""

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright import sync_api

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = (
    "The tests of the views need Chromium, and none of "
    f"{', '.join(_NAMES)} is on the PATH: install it, on Debian by `apt-get install chromium`."
)
_FLAGS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_LONGEST = 300_000  # milliseconds that anything may take, on a machine that is busy
_SCREENSHOTS = Path(__file__).resolve().parents[4] / "runs" / "screenshots"


@dataclasses.dataclass(frozen=True)
class Observed:
    """An open page.

    Attributes:
        page: Playwright's handle.
        errors: errors on the console and uncaught exceptions, frames included.
        requests: addresses that were asked for and refused.
    """

    page: "sync_api.Page"
    errors: list[str]
    requests: list[str]

    def screenshot(self, name: str) -> Path:
        """Keeps a picture of the whole page in `runs/screenshots`."""
        _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = _SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path


@dataclasses.dataclass(frozen=True)
class Browser:
    """A running Chromium."""

    chromium: "sync_api.Browser"

    def open(self, path: Path, height: int = 900, **options: str) -> Observed:
        """Opens a file; whatever is not a file is refused.

        Args:
            path: of the HTML file.
            height: of the window; Chromium does not draw frames that are scrolled out of it.
            options: of Playwright's context, such as `color_scheme="dark"`.
        """
        context = self.chromium.new_context(viewport={"width": 1200, "height": height}, **options)
        context.set_default_timeout(_LONGEST)
        page = context.new_page()
        observed = Observed(page, [], [])

        def refuse(route: "sync_api.Route") -> None:
            observed.requests.append(route.request.url)
            route.abort()

        context.route(lambda url: not url.startswith("file:"), refuse)
        page.on("console", lambda m: observed.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: observed.errors.append(str(error)))
        page.goto(path.resolve().as_uri())
        return observed


@contextlib.contextmanager
def launch() -> Iterator[Browser]:
    """Starts Chromium; skips the test where there is none, except in continuous integration."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(_MISSING, pytrace=False)
        pytest.skip(_MISSING)
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        # No sandbox of its own: containers rarely allow it, and the pages are the tests' own.
        chromium = playwright.chromium.launch(
            executable_path=found, args=_FLAGS, chromium_sandbox=False, timeout=_LONGEST
        )
        try:
            yield Browser(chromium)
        finally:
            chromium.close()
