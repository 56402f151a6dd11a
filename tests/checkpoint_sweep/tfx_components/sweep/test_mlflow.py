"""What a server of MLflow has of a sweep that was logged to it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from checkpoint_sweep.common.names import OVERALL, MetricName, SliceName
from checkpoint_sweep.evaluation.results.ledger import Entry, EntryStatus, write_ledger
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.report.mlflow_log import metric_key
from checkpoint_sweep.report.sweep_result import SweepResult, read_sweep
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from tests.checkpoint_sweep.report.mlflow_server import log_and_read
from tests.checkpoint_sweep.report.mlflow_side import Job
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Swept, sweep_into
from tests.support import tfma_metrics
from tests.support.estimator_run import EstimatorRun

pytestmark = pytest.mark.slow

Json = dict[str, Any]
AUC, COUNT, ODD = (MetricName("", "", name) for name in ("auc", "example_count", "a?b"))
ODD_SLICE = SliceName.of([("pay", "<Cash>")])
NAME = "tips"


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory,
    example_artifact: standard_artifacts.Examples,
    trained: EstimatorRun,
) -> Swept:
    """A sweep of checkpoints and an average of two."""
    return sweep_into(tmp_path_factory.mktemp("mlflow"), example_artifact)(
        trained, averages=Averages(last=(2,)).to_json()
    )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """What MLflow does not take as it is: a name, a slice and a value that is no number."""
    folder = tmp_path_factory.mktemp("odd")
    entries = [
        Entry("step-10", 10, "", EntryStatus.EVALUATED),
        Entry("step-20", 20, "", EntryStatus.EVALUATED),
    ]
    write_ledger(str(folder), entries)
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    result = SweepResult(str(folder), SweepVerdicts(None, False, "", selection, []))
    vars(result)["metrics"] = {  # As if they had been read.
        "step-10": {OVERALL: {AUC: 0.7, COUNT: 30.0}, ODD_SLICE: {AUC: float("nan"), COUNT: 3.0}},
        "step-20": {OVERALL: {AUC: 0.123456789, ODD: 1.0}, ODD_SLICE: {AUC: 0.5, COUNT: 3.0}},
    }
    return result


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """A sweep of two runs, which have checkpoints of the same step."""
    folder = tmp_path_factory.mktemp("several")
    found = {("a", 10): 0.7, ("a", 20): 0.8, ("b", 10): 0.9}
    entries = [
        Entry(f"{run}-step-{step}", step, "", EntryStatus.EVALUATED, run=run) for run, step in found
    ]
    write_ledger(str(folder), entries)
    verdicts = [
        Verdict(f"{run}-step-{step}", step, True, value, "", run=run)
        for (run, step), value in found.items()
    ]
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    decision = SweepVerdicts("b-step-10", False, "", selection, verdicts)
    result = SweepResult(str(folder), decision)
    vars(result)["metrics"] = {v.name: {OVERALL: {AUC: v.value}} for v in verdicts}
    return result


@pytest.fixture(scope="module")
def read(
    swept: Swept,
    odd: SweepResult,
    several: SweepResult,
    examples: list[bytes],
    tmp_path_factory: Any,
) -> list[Json]:
    """What the server has of the sweep, of the same sweep again, of `odd`, and of `several`."""
    job = Job(
        read_sweep(swept.evaluation.uri, swept.blessing.uri),
        f"{swept.model.uri}/Format-Serving",
        NAME,
        tuple(examples[:20]),
    )
    return log_and_read([job, job, Job(odd), Job(several)], tmp_path_factory.mktemp("server"))


def _expected(swept: Swept) -> dict[str, dict[int, float]]:
    """Every number that TFMA reads of the checkpoints, by MLflow's name and step."""
    found: dict[str, dict[int, float]] = {}
    for verdict in swept.verdicts["checkpoints"]:
        if verdict["averaged"] is not None:
            continue
        slices = tfma_metrics.by_slice(f"{swept.evaluation.uri}/{verdict['name']}")
        for slice_key, values in slices.items():
            title = ", ".join(f"{feature}={value}" for feature, value in slice_key)
            for metric, value in values.items():
                found.setdefault(metric_key(metric, title), {})[verdict["step"]] = value
    return found


def test_every_metric_is_logged_at_every_step(swept: Swept, read: list[Json]) -> None:
    expected = _expected(swept)
    assert len(expected) > 6
    assert all(len(by_step) == 4 for by_step in map(expected.get, ("auc", "example_count")))
    metrics = {key: dict(map(tuple, points)) for key, points in read[0]["metrics"].items()}
    assert {key for key in metrics if not key.startswith("chosen/")} == expected.keys()
    for key, by_step in expected.items():
        assert metrics[key] == pytest.approx(by_step, nan_ok=True, abs=0, rel=0), key


def test_the_decision_is_logged(swept: Swept, read: list[Json]) -> None:
    verdicts = swept.verdicts
    chosen = next(v for v in verdicts["checkpoints"] if v["name"] == verdicts["chosen"])
    tags = {"chosen": chosen["name"], "chosen_step": str(chosen["step"]), "blessed": "True"}
    assert read[0]["tags"] | tags == read[0]["tags"]
    assert read[0]["params"]["selection.metric"] == "auc"


def test_the_metrics_of_the_chosen_do_not_depend_on_the_last_step(
    swept: Swept, read: list[Json]
) -> None:
    chosen = swept.verdicts["chosen"]
    (step,) = [v["step"] for v in swept.verdicts["checkpoints"] if v["name"] == chosen]
    expected = tfma_metrics.by_slice(f"{swept.evaluation.uri}/{chosen}")[()]
    found = {key: points for key, points in read[0]["metrics"].items() if "chosen/" in key}
    assert found.keys() == {f"chosen/{metric}" for metric in expected}
    assert found["chosen/auc"] == [[step, expected["auc"]]]


def test_each_checkpoint_is_a_model_that_can_be_ranked(swept: Swept, read: list[Json]) -> None:
    verdicts = [v for v in swept.verdicts["checkpoints"] if v["averaged"] is None]
    by_auc = sorted(verdicts, key=lambda verdict: -verdict["value"])
    models = read[0]["models"]
    assert [model["metrics"]["auc"] for model in models] == [v["value"] for v in by_auc]
    assert {model["name"]: model["params"]["step"] for model in models} == {
        verdict["name"]: str(verdict["step"]) for verdict in verdicts
    }
    assert all("model.ckpt" in model["tags"]["checkpoint"] for model in models)
    assert {model["status"] for model in models} == {"READY"}


def test_a_run_has_its_name_its_data_and_a_blessed_version_its_alias(
    swept: Swept, read: list[Json]
) -> None:
    chosen = swept.verdicts["chosen"]
    (step,) = [v["step"] for v in swept.verdicts["checkpoints"] if v["name"] == chosen]
    assert read[0]["name"].endswith((f": step {step}", chosen))
    assert read[0]["datasets"] == ["eval"]
    assert [one["aliases"] for one in read[:2]] == [{"champion": "1"}, {"champion": "2"}]


def test_the_report_is_an_artifact(swept: Swept, read: list[Json]) -> None:
    texts, folder = read[0]["texts"], Path(swept.evaluation.uri)
    for name in ("report.html", "ledger.json"):
        assert texts[name] == (folder / name).read_text()
    assert json.loads(texts["verdicts.json"]) == swept.verdicts


def test_the_registered_model_predicts_as_the_chosen(
    swept: Swept, read: list[Json], examples: list[bytes]
) -> None:
    model = tf.saved_model.load(f"{swept.model.uri}/Format-Serving").signatures["serving_default"]
    outputs = model(tf.constant(examples[:20]))
    assert read[0]["predictions"].keys() == outputs.keys()
    for key, values in outputs.items():
        np.testing.assert_allclose(read[0]["predictions"][key], values.numpy(), rtol=1e-6)


def test_each_sweep_is_a_run_and_a_version_of_the_model(swept: Swept, read: list[Json]) -> None:
    assert len({one["run"] for one in read}) == 4
    assert [one["versions"] for one in read[:2]] == [1, 2]
    assert read[1]["version"] == {"run": read[1]["run"], "description": swept.verdicts["reason"]}


def test_names_and_values_that_mlflow_would_refuse_are_logged(read: list[Json]) -> None:
    metrics = {key: list(map(tuple, points)) for key, points in read[2]["metrics"].items()}
    (first, second) = metrics.pop(metric_key("auc", "pay=<Cash>"))
    assert (first[0], second) == (10, (20, 0.5))
    assert np.isnan(first[1])
    assert metrics == {
        "auc": [(10, 0.7), (20, 0.123456789)],
        "example_count": [(10, 30.0)],
        metric_key("a?b"): [(20, 1.0)],
        metric_key("example_count", "pay=<Cash>"): [(10, 3.0), (20, 3.0)],
    }
    assert "chosen" not in read[2]["tags"]


def test_metrics_of_several_runs_are_logged_by_run(read: list[Json]) -> None:
    metrics = {key: list(map(tuple, points)) for key, points in read[3]["metrics"].items()}
    assert metrics == {
        "a/auc": [(10, 0.7), (20, 0.8)],
        "b/auc": [(10, 0.9)],
        "chosen/auc": [(10, 0.9)],
    }
    tags = {"chosen": "b-step-10", "chosen_step": "10", "chosen_run": "b"}
    assert read[3]["tags"] | tags == read[3]["tags"]
    assert {model["name"]: model["metrics"] for model in read[3]["models"]} == {
        "a-step-10": {"a/auc": 0.7},
        "a-step-20": {"a/auc": 0.8},
        "b-step-10": {"b/auc": 0.9},
    }
