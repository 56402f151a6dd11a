"""The notebooks, executed on a finished run, exported, and looked at without network."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import tensorflow_model_analysis as tfma
from playwright.sync_api import Frame

from tests.checkpoint_sweep.tfma_views.browser import Browser, Observed, launch
from tests.notebooks.executed import NOTEBOOKS, export
from tests.support.pipeline_run import PipelineRun

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(taxi_run: PipelineRun) -> Path:
    """A finished run on a part of the data."""
    return taxi_run.kept


@pytest.fixture(scope="module")
def exported(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each notebook's HTML, by the notebook's name; the first has a kernel as a reader's."""
    return {
        path.stem: export(path, root, tmp_path_factory.mktemp(path.stem), forked=number > 0)
        for number, path in enumerate(NOTEBOOKS)
    }


@pytest.fixture(scope="module")
def browser(exported: dict[str, Path]) -> Iterator[Browser]:
    del exported  # made before the browser starts: both are hungry
    with launch() as browser:
        yield browser


@pytest.fixture(scope="module", params=[path.stem for path in NOTEBOOKS])
def opened(
    request: pytest.FixtureRequest, browser: Browser, exported: dict[str, Path]
) -> Iterator[tuple[str, Observed]]:
    observed = browser.open(exported[request.param], height=10_000)
    for frame in _frames(observed):
        frame.wait_for_selector("body[data-mounted]")
    observed.screenshot(f"notebook-{request.param}")
    yield request.param, observed
    observed.page.context.close()


def _frames(observed: Observed) -> list[Frame]:
    frames = observed.page.locator("iframe.checkpoint-sweep-view")
    found = [frames.nth(i).element_handle().content_frame() for i in range(frames.count())]
    return [frame for frame in found if frame is not None]


def _column(frame: Frame, name: str) -> list[str]:
    table = frame.locator("tfma-metrics-table").first
    table.locator("tbody tr").first.wait_for()
    header, *rows = table.locator("tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.innerText.trim()))"
    )
    names = [label.replace("\u200b", "") for label in header]
    return [row[names.index(name)] for row in rows]


def test_every_view_is_drawn(opened: tuple[str, Observed], root: Path) -> None:
    name, observed = opened
    was_confirmed = json.loads((root / "summary.json").read_text())["evaluator"] is not None
    views = {"evaluate_checkpoints": 3, "explore_a_run": 4 + was_confirmed}

    drawn = [frame.locator("svg path, svg rect, svg circle").count() for frame in _frames(observed)]
    assert len(drawn) == views[name]
    assert min(drawn) > 0


def test_nothing_goes_wrong_and_nothing_is_fetched(opened: tuple[str, Observed]) -> None:
    _, observed = opened

    assert observed.errors == []
    assert observed.requests == []
    assert observed.page.locator(".problem").count() == 0


def test_time_series_shows_the_auc_of_each_step(opened: tuple[str, Observed], root: Path) -> None:
    _, observed = opened
    (evaluation,) = (root / "CheckpointSweep" / "evaluation").iterdir()

    steps = [
        entry["step"]
        for entry in json.loads((evaluation / "ledger.json").read_text())["checkpoints"]
    ]
    expected = {}
    for step in steps:
        result = tfma.load_eval_result(str(evaluation / f"step-{step:08d}"))
        expected[str(step)] = result.get_metrics_for_slice()["auc"]["doubleValue"]
    frame = _frames(observed)[0]
    shown = dict(zip(_column(frame, "Model"), map(float, _column(frame, "auc")), strict=True))
    assert shown == pytest.approx(expected, abs=1e-5)


def test_comparison_shows_every_slice(opened: tuple[str, Observed], root: Path) -> None:
    _, observed = opened
    (evaluation,) = (root / "CheckpointSweep" / "evaluation").iterdir()

    result = tfma.load_eval_result(str(evaluation / "step-00000400"))
    keys = [key for key, _ in result.slicing_metrics if [c for c, *_ in key] == ["trip_start_hour"]]
    frame = _frames(observed)[1]
    bars = frame.locator("tfma-slice-overview svg > g:first-of-type rect")
    bars.first.wait_for(state="attached")
    assert bars.count() == len(keys)
