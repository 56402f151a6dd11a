"""The report that a sweep leaves behind says what TFMA's files and the verdicts say.

Over 300 lines, since all read the report of one sweep.
"""

import csv
import json
import logging
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx.types import standard_artifacts

from checkpoint_sweep.errors import ReportError
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.report import read_sweep, write
from checkpoint_sweep.report.document import Report, Table
from checkpoint_sweep.report.rows import Row, rows
from checkpoint_sweep.report.sweep_result import SweepResult, read_verdicts
from tests.checkpoint_sweep.tfma_views.browser import launch
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Sweep, Swept, sweep_into
from tests.support.estimator_run import STEPS, EstimatorRun

FILES = ("report.html", "report.json", "metrics.csv", "tfma.html")
AVERAGE = "average-last-2"
CONFIG = """
model_specs { label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics {
    class_name: "AUC"
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { lower_bound { value: 0.1 } }
        change_threshold { direction: HIGHER_IS_BETTER absolute { value: -1 } }
      }
    }
  }
  metrics { class_name: "BinaryCrossEntropy" }
  metrics { class_name: "CalibrationPlot" }
  metrics { class_name: "ConfusionMatrixPlot" config: '"num_thresholds": 50' }
}
"""


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory,
    example_artifact: standard_artifacts.Examples,
    trained: EstimatorRun,
) -> Swept:
    """A sweep of checkpoints and an average, against a baseline, with plots."""
    config = json_format.MessageToJson(text_format.Parse(CONFIG, config_pb2.EvalConfig()))
    return sweep_into(tmp_path_factory.mktemp("report"), example_artifact)(
        trained,
        eval_config=config,
        baseline=trained.export.parent,
        averages=Averages(last=(2,)).to_json(),
    )


@pytest.fixture
def report(swept: Swept) -> Report:
    return read_sweep(swept.evaluation.uri).report


def tfma_values(folder: Path, model: str) -> dict[tuple[str, str], float]:
    """All single numbers of a model, by slice and metric, as `tfma.load_eval_result` has them."""
    result = tfma.load_eval_result(str(folder), model_name=model)
    return {
        (", ".join(f"{k}={v}" for k, v in key) or "overall", metric): float(value["doubleValue"])
        for key, outputs in result.slicing_metrics
        for metric, value in outputs[""][""].items()
        if "doubleValue" in value
    }


def by_slice(table: Table, report: Report) -> dict[tuple[str, str], float]:
    return {
        (str(slice_key), str(metric)): value
        for slice_key, row in zip(report.slices, table, strict=True)
        for metric, value in zip(report.metrics, row, strict=True)
        if value is not None
    }


def _auc(report: Report) -> int:
    """The position of the metric."""
    return list(map(str, report.metrics)).index("auc")


def test_the_values_are_those_of_tfma(swept: Swept, report: Report) -> None:
    names = [f"step-{step:08d}" for step in STEPS]
    assert list(report.values) == [*names, AVERAGE]
    for name, table in report.values.items():
        folder = Path(swept.evaluation.uri) / name
        expected = tfma_values(folder, "candidate")
        expected = {key: v for key, v in expected.items() if not key[1].endswith("_diff")}
        assert by_slice(table, report) == pytest.approx(expected, nan_ok=True, abs=0)
        assert report.baseline is not None
        expected = tfma_values(folder, "baseline")
        assert by_slice(report.baseline, report) == pytest.approx(expected, nan_ok=True, abs=0)


def test_the_decision_and_its_intervals_are_those_of_the_blessing(
    swept: Swept, report: Report
) -> None:
    decision = read_verdicts(swept.blessing.uri)
    assert report.decision == decision
    assert decision.to_dict()["checkpoints"] == [
        candidate["verdict"] for candidate in report.to_dict()["candidates"]
    ]
    overall = [u for u in report.intervals if (u.slice, u.metric) == (0, _auc(report))]
    assert {u.candidate: (u.low, u.high) for u in overall} == {
        verdict.name: verdict.interval for verdict in decision.verdicts
    }


def test_changes_against_the_baseline_have_intervals(report: Report) -> None:
    metric = _auc(report)
    assert report.baseline is not None
    changes = [u for u in report.changes if (u.slice, u.metric) == (0, metric)]
    assert {u.candidate for u in changes} == set(report.values)
    for change in changes:
        value = report.values[change.candidate][0][metric]
        old = report.baseline[0][metric]
        assert value is not None
        assert old is not None
        assert change.value == pytest.approx(value - old, abs=1e-12)


def test_the_plots_are_those_of_tfma(swept: Swept, report: Report) -> None:
    for name, plots in report.plots.items():
        result = tfma.load_eval_result(
            str(Path(swept.evaluation.uri) / name), model_name="candidate"
        )
        (data,) = [outputs[""][""] for key, outputs in result.plots if not key]
        matrices = data["confusionMatrixAtThresholds"]["matrices"]
        expected = {m.get("threshold", 0.0): m.get("truePositives", 0.0) for m in matrices}
        curve, calibration = (
            next(plot for plot in plots if plot["kind"] == kind)
            for kind in ("thresholds", "calibration")
        )
        shown = dict(zip(curve["threshold"], curve["true_positives"], strict=True))
        assert shown == {t: n for t, n in expected.items() if 0 <= t <= 1}
        assert sum(calibration["examples"]) == 200
        buckets = data["calibrationHistogramBuckets"]["buckets"]
        labels = sum(b.get("totalWeightedLabel", 0.0) for b in buckets)
        total = sum(
            n * x for n, x in zip(calibration["examples"], calibration["label"], strict=True)
        )
        assert total == pytest.approx(labels)


def test_to_pandas_and_metrics_csv_have_a_row_for_each_number(swept: Swept, report: Report) -> None:
    table = read_sweep(swept.evaluation.uri).to_pandas()
    text = (Path(swept.evaluation.uri) / "metrics.csv").read_text()
    written = list(csv.DictReader(text.splitlines()))

    numbers = sum(cell is not None for t in report.values.values() for row in t for cell in row)
    assert len(table) == len(written) == numbers
    assert list(table.columns) == list(written[0])
    assert list(table.columns) == [name for name in Row._fields if name != "run"]
    assert [float(row["value"] or "nan") for row in written] == pytest.approx(
        list(table["value"]), nan_ok=True
    )
    assert [row["slice"] for row in written] == list(table["slice"])
    assert all((row["supported"] == "True") <= (row["value"] != "") for row in written)
    chosen = table[table.chosen & (table.slice == "overall") & (table.metric == "auc")]
    (verdict,) = (v for v in swept.verdicts["checkpoints"] if v["name"] == swept.verdicts["chosen"])
    assert list(chosen["value"]) == [verdict["value"]]
    assert list(chosen["low"]) == [verdict["interval"][0]]


def test_the_page_shows_the_reports_numbers(swept: Swept, report: Report) -> None:
    with launch() as browser:
        observed = browser.open(Path(swept.evaluation.uri) / "report.html")
        page = observed.page
        page.wait_for_selector("body[data-drawn]")

        shown = page.locator("#verdict-table tbody tr").evaluate_all(
            "rows => rows.map(r => Number(r.cells[2].dataset.value))"
        )
        assert shown == [v["value"] for v in swept.verdicts["checkpoints"]]
        page.locator("summary", has_text="All slices").click()
        for name, table in report.values.items():
            page.select_option("#slice-candidate", name)
            cells = page.locator("#slice-table tbody tr").evaluate_all(
                "rows => rows.map(r => r.cells[2].dataset.value)"
            )
            expected = [row[_auc(report)] for row in table]
            assert [float(cell or "nan") for cell in cells] == pytest.approx(
                expected, rel=1e-6, nan_ok=True
            )
        assert page.locator("#change-chart svg.marks .mark-symbol path").count() > 0
        assert observed.errors == []
        assert observed.requests == []


def test_tfmas_own_components_are_one_click_away(swept: Swept, report: Report) -> None:
    with launch() as browser:
        observed = browser.open(Path(swept.evaluation.uri) / "report.html")
        page = observed.page
        page.locator("a", has_text="tfma.html").click()
        page.wait_for_selector("body[data-mounted]")
        table = page.locator("tfma-metrics-table").first
        table.locator("tbody tr").first.wait_for()
        header, *lines = table.locator("tr").evaluate_all(
            "rows => rows.map(row => [...row.children].map(cell => cell.innerText.trim()))"
        )
        metric = _auc(report)
        values = {c.step: report.values[c.name] for c in report.candidates[:-1]}
        assert {line[header.index("Model")]: line[header.index("auc")] for line in lines} == {
            str(step): f"{table[0][metric]:.5f}" for step, table in values.items()
        }
        assert page.locator("tfma-nb-slicing-metrics").count() == 2
        assert page.locator("tfma-nb-plot").count() == 1
        assert page.locator("tfma-line-chart").first.evaluate("chart => chart.title") == "auc"
        assert observed.errors == []
        assert observed.requests == []


def test_a_report_without_tfmas_components_has_no_link_to_them(
    swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(evaluation: str, report: Report) -> str:
        raise OSError("made up")

    copy = tmp_path / "evaluation"
    ignored = shutil.ignore_patterns(*FILES, "tensorboard")
    shutil.copytree(swept.evaluation.uri, copy, ignore=ignored)
    monkeypatch.setattr(write, "render_tfma", fail)
    write.write_report(SweepResult(str(copy), read_verdicts(swept.blessing.uri)))

    assert "tfma.html" not in (copy / "report.html").read_text()
    assert [name for name in FILES if (copy / name).exists()] == list(FILES[:-1])


def test_losses_are_those_that_the_training_logged(trained: EstimatorRun, report: Report) -> None:
    logged = {
        event.step: value.simple_value
        for path in sorted(trained.model_run.glob("events.out.tfevents.*"))
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
        if value.tag == "loss"
    }
    assert logged
    assert dict(report.losses.training) == logged


def test_the_report_says_how_the_sweep_was_made(report: Report) -> None:
    made = report.made
    assert made["example_splits"] == ["eval"]
    assert made["engine"] == "fused"
    assert made["tensorflow_model_analysis"] == tfma.__version__
    assert made["baseline_model"]


def test_results_without_a_report_can_be_read(swept: Swept, tmp_path: Path) -> None:
    copy = tmp_path / "evaluation"
    tf.io.gfile.makedirs(str(copy))
    for path in Path(swept.evaluation.uri).rglob("*"):
        target = copy / path.relative_to(swept.evaluation.uri)
        if path.is_file() and path.name not in FILES:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())

    # Of which split they are, only the report knows.
    found = rows(read_sweep(swept.evaluation.uri).report)
    whole = list(plain(row._replace(split="") for row in found))
    read = read_sweep(copy, swept.blessing.uri)
    assert list(plain(rows(read.report))) == whole
    assert read.chosen == swept.verdicts["chosen"]
    assert read_sweep(copy).decision is None


def plain(found: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows that can be compared: NaN is not equal to itself."""
    for row in found:
        yield tuple("nan" if isinstance(x, float) and math.isnan(x) else x for x in row)


@pytest.mark.parametrize("content", [None, "{}", "no JSON", '{"version": 999}'])
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    with pytest.raises(ReportError, match="There is no sweep to read in"):
        read_sweep(tmp_path)


@pytest.mark.parametrize(
    ("parameters", "heading"),
    [
        pytest.param(
            {"engine": "tfma", "first_step": STEPS[-2]}, " is chosen: auc 0.", id="stock engine"
        ),
        pytest.param({"floor": 0.9999}, "passed.", id="none is eligible"),
        pytest.param({"first_step": STEPS[-1]}, f"Step {STEPS[-1]} is chosen", id="one checkpoint"),
    ],
)
def test_sweeps_of_other_kinds_have_reports(
    trained: EstimatorRun, sweep: Sweep, parameters: dict[str, Any], heading: str
) -> None:
    swept = sweep(trained, **parameters)
    page = (Path(swept.evaluation.uri) / "report.html").read_text()
    assert heading in page
    report = json.loads((Path(swept.evaluation.uri) / "report.json").read_text())
    assert report["baseline"] is None
    assert bool(report["intervals"]) == ("engine" not in parameters)


@pytest.mark.usefixtures("usual_node")
def test_a_report_that_cannot_be_made_does_not_fail_the_sweep(
    trained: EstimatorRun,
    sweep: Sweep,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(report: Report, tfma: str | None) -> str:
        raise OSError("made up")

    monkeypatch.setattr(write, "render", fail)
    with caplog.at_level(logging.WARNING):
        swept = sweep(trained, execution=2)
    assert swept.verdicts["chosen"]
    assert not [name for name in FILES if (Path(swept.evaluation.uri) / name).exists()]
    assert "There is no report of this sweep: made up" in caplog.text
