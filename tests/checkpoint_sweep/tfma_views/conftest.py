"""Results to look at, made once a session, and a browser to look with."""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checkpoint_sweep.tfma_views import TfmaResults, View
from tests.checkpoint_sweep.tfma_views import tfma_results
from tests.checkpoint_sweep.tfma_views.browser import Browser, Observed, launch


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> TfmaResults:
    """Three checkpoints of a binary problem; that of step 900 has slices and plots."""
    root = tmp_path_factory.mktemp("results")
    made = {
        100: (0.1, tfma_results.SMALL),
        900: (0.4, tfma_results.BINARY),
        2000: (0.3, tfma_results.SMALL),
    }
    return TfmaResults(
        {
            step: tfma_results.write_results(
                root / f"step-{step:08d}", tfma_results.binary_rows(skill), config
            )
            for step, (skill, config) in made.items()
        }
    )


@pytest.fixture(scope="session")
def with_baseline(tmp_path_factory: pytest.TempPathFactory) -> TfmaResults:
    """A checkpoint that was evaluated beside a baseline."""
    return _one(tmp_path_factory, tfma_results.WITH_BASELINE)


@pytest.fixture(scope="session")
def with_intervals(tmp_path_factory: pytest.TempPathFactory) -> TfmaResults:
    """A checkpoint with confidence intervals."""
    return _one(tmp_path_factory, tfma_results.WITH_INTERVALS)


def _one(tmp_path_factory: pytest.TempPathFactory, config: str) -> TfmaResults:
    directory = tmp_path_factory.mktemp("one")
    rows = tfma_results.binary_rows(0.4)
    return TfmaResults({900: tfma_results.write_results(directory, rows, config)})


@pytest.fixture(scope="session")
def multi_class(tmp_path_factory: pytest.TempPathFactory) -> TfmaResults:
    """A checkpoint of a problem with four classes."""
    directory = tmp_path_factory.mktemp("multi-class")
    rows = tfma_results.multi_class_rows()
    return TfmaResults({50: tfma_results.write_results(directory, rows, tfma_results.MULTI_CLASS)})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without network."""
    with launch() as browser:
        yield browser


Show = Callable[..., Observed]


@pytest.fixture
def show(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Show]:
    """Opens a view as a page; at the end, checks that nothing went wrong in it.

    Of a test that fails, it keeps a screenshot.
    """
    with _pages(browser, tmp_path, request) as show:
        yield show


@pytest.fixture(scope="module")
def show_once(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Show]:
    """The same for a page that several tests look at, each at another part of it."""
    with _pages(browser, tmp_path_factory.mktemp("pages"), request) as show:
        yield show


@contextlib.contextmanager
def _pages(browser: Browser, folder: Path, request: pytest.FixtureRequest) -> Iterator[Show]:
    opened: list[Observed] = []
    failed = request.session.testsfailed

    def open_view(view: View, **options: str) -> Observed:
        path = view.save(folder / f"{len(opened)}.html")
        observed = browser.open(path, **options)
        observed.page.wait_for_selector("body[data-mounted]")
        opened.append(observed)
        return observed

    yield open_view
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    for index, observed in enumerate(opened):
        if request.session.testsfailed > failed:
            observed.screenshot(f"{name}-{index}" if index else name)
        assert observed.errors == []
        assert observed.requests == []
        observed.close()
