import ast
import json
import math
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep.tfma_views import (
    TfmaResults,
    View,
    ViewError,
    compare,
    open_sweep,
    plots,
    slicing_metrics,
    time_series,
)
from tests.checkpoint_sweep.tfma_views import tfma_results
from tests.support import forked_interpreter, warm_pipeline


def _auc(results: TfmaResults, step: int, **of: bool) -> float:
    result = results.result(step, **of)
    return result.get_metrics_for_slice()["auc"]["doubleValue"]


def test_time_series_has_each_steps_own_metrics(results: TfmaResults) -> None:
    (panel,) = time_series(results).panels

    shown = {p["config"]["modelIdentifier"]: p["metrics"][""][""]["auc"] for p in panel.data}
    assert shown == {str(step): {"doubleValue": _auc(results, step)} for step in (100, 900, 2000)}


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(lambda s: time_series(s, ["auc"]), id="time series"),
        pytest.param(lambda s: slicing_metrics(s, 900, "hour"), id="slicing metrics"),
        pytest.param(lambda s: compare(s, [100, 900]), id="comparison"),
    ],
)
def test_plots_are_read_only_where_they_are_drawn(
    results: TfmaResults, tmp_path: Path, show: Callable[[TfmaResults], View]
) -> None:
    damaged = {}
    for step, directory in results.directories.items():
        damaged[step] = str(shutil.copytree(directory, tmp_path / str(step)))
        for kind in ("plots", "attributions"):
            for file in (tmp_path / str(step)).glob(f"{kind}*"):
                file.write_bytes(b"no record at all, but more than twelve bytes")
    with pytest.raises(tf.errors.DataLossError):
        TfmaResults(damaged).result(900)

    assert show(TfmaResults(damaged)).panels == show(results).panels


def test_slices_come_in_natural_order(results: TfmaResults) -> None:
    (panel,) = slicing_metrics(results, 900, "hour").panels

    assert [item["slice"] for item in panel.data] == [f"hour:{hour}" for hour in range(22)]


@pytest.fixture
def compared(with_baseline: TfmaResults) -> dict[str, float]:
    """The columns of a comparison with the baseline, on all examples."""
    (panel,) = compare(with_baseline, [900], baseline=True).panels
    metrics = panel.data[0]["metrics"][""][""]
    return {name.replace("\u200b", ""): value["doubleValue"] for name, value in metrics.items()}


def test_comparison_agrees_with_tfmas_difference(
    with_baseline: TfmaResults, compared: dict[str, float]
) -> None:
    own = with_baseline.result(900).get_metrics_for_slice()["auc_diff"]["doubleValue"]

    assert compared["auc, difference"] == pytest.approx(own, abs=1e-12)


def test_comparison_shows_both_models(
    with_baseline: TfmaResults, compared: dict[str, float]
) -> None:
    assert compared == {
        "example_count": float(tfma_results.ROWS),
        "auc, step 900": _auc(with_baseline, 900),
        "auc, baseline": _auc(with_baseline, 900, baseline=True),
        "auc, difference": compared["auc, difference"],
    }


def test_comparison_of_three_has_no_difference(results: TfmaResults) -> None:
    (panel,) = compare(results, [100, 900, 2000], metrics=["auc"]).panels

    columns = sorted(panel.data[0]["metrics"][""][""])
    assert [c.replace("\u200b", "") for c in columns] == [
        "auc, step 100",
        "auc, step 900",
        "auc, step 2000",
        "example_count",
    ]


def test_what_only_one_model_has_is_nan_for_the_other() -> None:
    from checkpoint_sweep.tfma_views.compare import _side_by_side

    def model(**slices: float) -> dict:
        return {k: {"": {"": {"auc": {"doubleValue": v}}}} for k, v in slices.items()}

    data = _side_by_side({"a": model(x=0.5), "b": model(x=0.25, y=1.0)}, [])

    values = {d["slice"]: [v["doubleValue"] for v in d["metrics"][""][""].values()] for d in data}
    assert values["x"] == [0.5, 0.25, 0.25]
    assert [math.isnan(v) for v in values["y"]] == [True, False, True]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        pytest.param(
            lambda s: slicing_metrics(s, 7), "step 7; there are: 100, 900, 2000", id="step"
        ),
        pytest.param(
            lambda s: slicing_metrics(s, 900, "day"), "slices by: hour, payment", id="column"
        ),
        pytest.param(
            lambda s: time_series(s, ["au"]), "no metric 'au'; there are: auc", id="metric"
        ),
        pytest.param(lambda s: time_series(s, slice={"hour": 99}), "hour = 99", id="slice"),
        pytest.param(lambda s: plots(s, 100), "no plots. Add CalibrationPlot", id="plots"),
        pytest.param(
            lambda s: plots(s, 900, {"hour": 99}), "no plot for hour = 99", id="plot's slice"
        ),
        pytest.param(lambda s: compare(s, [900]), "needs two steps", id="nothing to compare"),
        pytest.param(
            lambda s: compare(s, [900], baseline=True), "without a baseline", id="baseline"
        ),
        pytest.param(
            lambda s: compare(s, [100, 900], metrics=["f1"]),
            "no metric 'f1'",
            id="metric to compare",
        ),
    ],
)
def test_a_view_of_what_is_missing_lists_what_is_there(
    results: TfmaResults, ask: Callable[[TfmaResults], View], message: str
) -> None:
    with pytest.raises(ViewError, match=message):
        ask(results)


def test_a_sweep_has_the_checkpoints_that_its_ledger_calls_evaluated(
    results: TfmaResults, tmp_path: Path
) -> None:
    for step, status in ((100, "evaluated"), (200, "failed")):
        (tmp_path / f"step-{step:08d}").symlink_to(results.directories[100])
        entry = {"name": f"step-{step:08d}", "step": step, "checkpoint": "", "status": status}
        ledger = tmp_path / "ledger.json"
        before = json.loads(ledger.read_text())["checkpoints"] if ledger.exists() else []
        ledger.write_text(json.dumps({"checkpoints": [*before, entry]}))

    opened = open_sweep(tmp_path)

    assert opened.steps == [100]
    assert isinstance(opened.result(100), tfma.EvalResult)


def test_a_run_of_several_is_opened_by_step(results: TfmaResults, tmp_path: Path) -> None:
    entries = [
        {"name": f"{run}-step-{step}", "run": run, "step": step, "status": "evaluated"}
        for run, step in (("a", 100), ("a", 200), ("b", 100))
    ]
    content = {"checkpoints": [{**entry, "checkpoint": ""} for entry in entries]}
    (tmp_path / "ledger.json").write_text(json.dumps(content))
    assert open_sweep(tmp_path, run="a").steps == [100, 200]
    assert {*open_sweep(tmp_path).directories} == {"a-step-100", "a-step-200", "b-step-100"}
    with pytest.raises(ViewError, match="no run 'c'; there are: a, b"):
        open_sweep(tmp_path, run="c")
    with pytest.raises(ViewError, match="no results by step"):
        time_series(open_sweep(tmp_path))


def test_a_folder_without_a_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ViewError, match=r"no ledger\.json in"):
        open_sweep(tmp_path)


def test_the_package_is_imported_without_the_rest_of_the_library() -> None:
    # In a fork of a process that has imported TFMA, and the library, which it forgets.
    code = """
import sys

for name in [name for name in sys.modules if name.partition(".")[0] == "checkpoint_sweep"]:
    del sys.modules[name]

import checkpoint_sweep.tfma_views

print({name.split(".")[1] for name in sys.modules if name.startswith("checkpoint_sweep.")})
"""
    of_the_root = {"_lazy", "version"}
    python = forked_interpreter.command(warm_pipeline.without_tfx().address)
    command = [*python, "-u", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) - of_the_root == {"common", "tfma_views"}
