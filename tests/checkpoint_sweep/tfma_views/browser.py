"""Headless Chromium without network, and what a page said and asked for in it."""

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        close: ends the look at it; another may be opened in its place.
    """

    page: "sync_api.Page"
    errors: list[str]
    requests: list[str]
    close: Callable[[], None]

    def screenshot(self, name: str) -> Path:
        """Keeps a picture of the whole page in `runs/screenshots`."""
        _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = _SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path


@dataclasses.dataclass(frozen=True)
class Browser:
    """A running Chromium.

    What is opened after a page was closed is opened in its tab: a process for each, which compiles
    the same scripts once more, takes as much time again. No script keeps anything between the two.

    Attributes:
        chromium: Playwright's handle.
        idle: tabs whose page was closed, by the options that they were opened with.
    """

    chromium: "sync_api.Browser"
    idle: dict[Any, list["sync_api.Page"]] = dataclasses.field(default_factory=dict)

    def open(self, path: Path, height: int = 900, **options: str) -> Observed:
        """Opens a file; whatever is not a file is refused.

        Args:
            path: of the HTML file.
            height: of the window; Chromium does not draw frames that are scrolled out of it.
            options: of Playwright's context, such as `color_scheme="dark"`.
        """
        window = {"width": 1200, "height": height}
        idle = self.idle.setdefault((height, *sorted(options.items())), [])
        page = idle.pop() if idle else self._tab(viewport=window, **options)
        errors: list[str] = []
        requests: list[str] = []

        def refuse(route: "sync_api.Route") -> None:
            requests.append(route.request.url)
            route.abort()

        def hear(message: "sync_api.ConsoleMessage") -> None:
            if message.type == "error":
                errors.append(message.text)

        def fail(error: "sync_api.Error") -> None:
            errors.append(str(error))

        def close() -> None:
            page.goto("about:blank")
            page.remove_listener("console", hear)
            page.remove_listener("pageerror", fail)
            page.unroute(_is_no_file, refuse)
            page.mouse.move(0, 0)
            page.emulate_media(media="null")
            page.set_viewport_size(window)
            idle.append(page)

        page.route(_is_no_file, refuse)
        page.on("console", hear)
        page.on("pageerror", fail)
        page.goto(path.resolve().as_uri())
        return Observed(page, errors, requests, close)

    def _tab(self, **options: Any) -> "sync_api.Page":
        context = self.chromium.new_context(**options)
        context.set_default_timeout(_LONGEST)
        return context.new_page()


def _is_no_file(url: str) -> bool:
    return not url.startswith("file:")


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
