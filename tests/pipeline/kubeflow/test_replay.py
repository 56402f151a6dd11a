"""The whole pipeline in processes of its own, as a cluster would run it, on a small sample."""

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
import yaml

from pipeline.problems.taxi.problem import taxi_data
from tests.pipeline.kubeflow.conftest import DATA, REPOSITORY, ROOT, VALUES, Sdk
from tests.pipeline.kubeflow.console_checks import assert_classification_is_that_of, finite_metrics
from tests.pipeline.kubeflow.object_store import ObjectStore
from tests.support import warm_pipeline

pytestmark = pytest.mark.slow

Json = dict[str, Any]
ROWS = 600
TASKS = ("CheckpointSweep", "Evaluator")


class Cluster:
    """An object store with the sample in it, and a way to run pipelines on it."""

    def __init__(self, folder: Path, sdk: Sdk) -> None:
        self._folder, self._sdk = folder, sdk
        self.store = ObjectStore(folder / "store")
        sample = self.store.path(DATA) / "data.csv"
        sample.parent.mkdir(parents=True)
        with (taxi_data() / "data.csv").open() as rows, sample.open("w") as file:
            file.writelines(itertools.islice(rows, ROWS + 1))

    def run(self, name: str, package: Path, values: Json, cold: bool = False) -> Json:
        """Replays a package after those before it, whose tasks are cached; returns its report.

        Args:
            name: Name of the run.
            package: Compiled pipeline.
            values: Runtime parameters.
            cold: Whether each task has an interpreter of its own, as in a cluster.
        """
        folder = self._folder / name
        folder.mkdir()
        report = folder / "report.json"
        arguments = {
            "package": package,
            "root": ROOT,
            "parameters": json.dumps(values),
            "store": self._folder / "store",
            "python": sys.executable,
            "code": REPOSITORY,
            "report": report,
            "cache": self._folder / "cache.json",
        }
        if not cold:
            warm_pipeline.parent()
            arguments["forks"] = warm_pipeline.folder()
        options = [f"--{key}={value}" for key, value in arguments.items()]
        done = self._sdk("tests.pipeline.kubeflow.replay", *options, cold=True)
        assert done.returncode == 0, done.stderr
        print(done.stdout)
        tasks: Json = json.loads(report.read_text())
        return tasks

    def output(self, tasks: Json, task: str, key: str) -> Path:
        """Where an output is in the store."""
        return self.store.path(tasks[task]["artifacts"][key]["uri"])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, sdk: Sdk) -> Cluster:
    return Cluster(tmp_path_factory.mktemp("cluster"), sdk)


@pytest.fixture(scope="module")
def lenient(compiled: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled pipeline with thresholds that a model after 40 steps on a sample can meet."""
    spec = yaml.safe_load(compiled["kubeflow"].read_text())
    for name in TASKS:
        value = spec["root"]["dag"]["tasks"][name]["inputs"]["parameters"]["eval_config"]
        config = json.loads(value["runtimeValue"]["constant"])
        for metric in itertools.chain(*(s["metrics"] for s in config["metrics_specs"])):
            kept = [
                threshold
                for threshold in metric.pop("per_slice_thresholds", [])
                if threshold["slicing_specs"] == [{}]
            ]
            for threshold in kept:
                bounds = threshold["threshold"]["value_threshold"]
                bounds.update({k: {"lower_bound": 0.0, "upper_bound": 10.0}[k] for k in bounds})
            if kept:
                metric["per_slice_thresholds"] = kept
        value["runtimeValue"]["constant"] = json.dumps(config)
    path = tmp_path_factory.mktemp("lenient") / "taxi.yaml"
    path.write_text(yaml.safe_dump(spec))
    return path


@pytest.fixture(scope="module")
def first(cluster: Cluster, lenient: Path) -> Json:
    """A first run: every task, no baseline."""
    return cluster.run("first", lenient, VALUES)


@pytest.fixture(scope="module")
def with_baseline(cluster: Cluster, lenient: Path, first: Json) -> Json:
    """A run after it whose baseline is the model that it pushed."""
    pushed = first["Pusher"]["artifacts"]["pushed_model"]["uri"]
    return cluster.run("second", lenient, VALUES | {"baseline": pushed})


@pytest.fixture(scope="module")
def unblessed(cluster: Cluster, compiled: dict[str, Path], first: Json) -> Json:
    """A run with the real thresholds, which no model after 40 steps meets; without forks."""
    return cluster.run("unblessed", compiled["kubeflow"], VALUES, cold=True)


@pytest.fixture(scope="module")
def unconfirmed(cluster: Cluster, lenient: Path, first: Json) -> Json:
    """A run whose Evaluator has a threshold that no model meets, and the sweep does not."""
    spec = yaml.safe_load(lenient.read_text())
    value = spec["root"]["dag"]["tasks"]["Evaluator"]["inputs"]["parameters"]["eval_config"]
    config = json.loads(value["runtimeValue"]["constant"])
    (auc,) = (
        metric
        for metric in itertools.chain(*(s["metrics"] for s in config["metrics_specs"]))
        if metric["class_name"] == "AUC"
    )
    (threshold,) = auc["per_slice_thresholds"]
    threshold["threshold"]["value_threshold"] = {"lower_bound": 1.5}
    value["runtimeValue"]["constant"] = json.dumps(config)
    package = lenient.with_name("unconfirmed.yaml")
    package.write_text(yaml.safe_dump(spec))
    return cluster.run("unconfirmed", package, VALUES)


def _chosen(cluster: Cluster, tasks: Json) -> str:
    blessing = cluster.output(tasks, "CheckpointSweep", "blessing")
    return str(json.loads((blessing / "verdicts.json").read_text())["chosen"])


def _shown(tasks: Json, task: str, key: str) -> Json:
    """The metadata of an artifact, without what the metadata store adds."""
    metadata = tasks[task]["artifacts"][key]["metadata"]
    return {k: v for k, v in metadata.items() if k not in ("display_name", "store_session_info")}


def _step(saved_model: Path) -> int:
    variables = tf.train.load_checkpoint(str(saved_model / "variables/variables"))
    return int(variables.get_tensor("global_step"))


def test_the_sweep_judges_every_checkpoint_and_blesses_the_best(
    cluster: Cluster, first: Json
) -> None:
    blessing = cluster.output(first, "CheckpointSweep", "blessing")
    verdicts = json.loads((blessing / "verdicts.json").read_text())
    by_step = {v["step"]: v["value"] for v in verdicts["checkpoints"]}
    assert set(by_step) == {20, 40}
    best = max(by_step, key=lambda step: by_step[step])
    assert verdicts["chosen"] == f"step-{best:08d}"
    assert (blessing / "BLESSED").is_file()


def test_the_chosen_step_is_pushed(cluster: Cluster, first: Json) -> None:
    blessing = cluster.output(first, "CheckpointSweep", "blessing")
    chosen = json.loads((blessing / "verdicts.json").read_text())["chosen"]
    pushed = cluster.output(first, "Pusher", "pushed_model")
    swept = cluster.output(first, "CheckpointSweep", "model") / "Format-Serving"
    assert f"step-{_step(pushed):08d}" == chosen
    files = [p.relative_to(swept) for p in swept.rglob("*") if p.is_file()]
    assert Path("saved_model.pb") in files
    assert [(pushed / f).read_bytes() for f in files] == [(swept / f).read_bytes() for f in files]


def test_the_evaluator_confirms_on_held_out_examples(cluster: Cluster, first: Json) -> None:
    assert (cluster.output(first, "Evaluator", "blessing") / "BLESSED").is_file()


@pytest.mark.parametrize("task", TASKS)
def test_a_console_shows_what_tfma_has_of_the_model(
    cluster: Cluster, first: Json, task: str
) -> None:
    chosen = _chosen(cluster, first)
    results = cluster.output(first, task, "evaluation")
    added: Json = {"blessed": 1.0}
    if task == "CheckpointSweep":
        results, added = results / chosen, added | {"checkpoint_step": float(chosen[5:])}
    assert _shown(first, task, "metrics") == finite_metrics(results) | added
    assert_classification_is_that_of(results, _shown(first, task, "classification_metrics"))


def test_a_console_shows_the_report_and_the_model_card(cluster: Cluster, first: Json) -> None:
    evaluation = cluster.output(first, "CheckpointSweep", "evaluation")
    report = cluster.output(first, "CheckpointSweep", "report")
    assert report.is_file()
    assert report.read_bytes() == (evaluation / "report.html").read_bytes()
    card = cluster.output(first, "Evaluator", "report")
    assert card.is_file()
    assert "<h1>Model card</h1>" in card.read_text()
    assert f"checkpoint of step {int(_chosen(cluster, first)[5:])}." in card.read_text()


def test_a_console_shows_the_report_of_what_was_not_blessed(
    cluster: Cluster, unblessed: Json, unconfirmed: Json
) -> None:
    evaluation = cluster.output(unblessed, "CheckpointSweep", "evaluation")
    report = cluster.output(unblessed, "CheckpointSweep", "report")
    assert report.read_bytes() == (evaluation / "report.html").read_bytes()
    # None met the thresholds: none is chosen.
    assert _shown(unblessed, "CheckpointSweep", "metrics") == {"blessed": 0.0}
    assert _shown(unconfirmed, "Evaluator", "metrics")["blessed"] == 0.0
    assert "NOT BLESSED" in cluster.output(unconfirmed, "Evaluator", "report").read_text()


def test_artifacts_point_into_the_object_store(first: Json) -> None:
    listed = [a for task in first.values() for a in task["artifacts"].values()]
    assert {a["uri"].split("://")[0] for a in listed} == {"minio"}
    current = first["Evaluator"]["artifacts"]["blessing"]["metadata"]["current_model"]
    assert current == first["CheckpointSweep"]["artifacts"]["model"]["uri"]


def test_the_pushed_model_is_the_next_baseline(
    cluster: Cluster, first: Json, with_baseline: Json
) -> None:
    pushed = first["Pusher"]["artifacts"]["pushed_model"]["uri"]
    metadata = with_baseline["Evaluator"]["artifacts"]["blessing"]["metadata"]
    assert metadata["baseline_model"] == pushed
    evaluation = cluster.output(with_baseline, "Evaluator", "evaluation")
    models = json.loads((evaluation / "eval_config.json").read_text())["modelLocations"]
    assert len(models) == 2
    assert (cluster.output(with_baseline, "Evaluator", "blessing") / "BLESSED").is_file()


def test_unchanged_data_is_neither_read_nor_learned_from_again(with_baseline: Json) -> None:
    """There is another baseline: what does not depend on it comes from the cache."""
    states = {name: task["state"] for name, task in with_baseline.items()}
    again = {"Data", "BaselineFolder", "Inputs", "Baseline", "Evaluator", "Pusher"}
    assert {name for name, state in states.items() if state == "succeeded"} == again
    assert {state for name, state in states.items() if name not in again} == {"cached"}


def test_files_in_artifacts_name_uris(cluster: Cluster, with_baseline: Json) -> None:
    evaluation = cluster.output(with_baseline, "Evaluator", "evaluation")
    models = json.loads((evaluation / "eval_config.json").read_text())["modelLocations"]
    pushed = with_baseline["Evaluator"]["artifacts"]["blessing"]["metadata"]["baseline_model"]
    swept = with_baseline["CheckpointSweep"]["artifacts"]["model"]["uri"]
    assert models == {"candidate": f"{swept}/Format-Serving", "baseline": pushed}
    ledger = cluster.output(with_baseline, "CheckpointSweep", "evaluation") / "ledger.json"
    run = with_baseline["Trainer"]["artifacts"]["model_run"]["uri"]
    named = [entry["checkpoint"] for entry in json.loads(ledger.read_text())["checkpoints"]]
    assert named == [f"{run}/model.ckpt-20", f"{run}/model.ckpt-40"]


def test_nothing_is_pushed_that_the_sweep_did_not_bless(cluster: Cluster, unblessed: Json) -> None:
    blessing = cluster.output(unblessed, "CheckpointSweep", "blessing")
    verdicts = json.loads((blessing / "verdicts.json").read_text())
    assert (blessing / "NOT_BLESSED").is_file()
    assert all(v["missed"] for v in verdicts["checkpoints"])
    states = {name: task["state"] for name, task in unblessed.items()}
    assert (states["Evaluator"], states["Pusher"]) == ("skipped", "omitted")


def test_nothing_is_pushed_that_the_evaluator_did_not_bless(
    cluster: Cluster, unconfirmed: Json
) -> None:
    """The Pusher succeeds then, and says that it has pushed nothing."""
    assert {task["state"] for task in unconfirmed.values()} == {"succeeded", "cached"}
    assert (cluster.output(unconfirmed, "CheckpointSweep", "blessing") / "BLESSED").is_file()
    assert (cluster.output(unconfirmed, "Evaluator", "blessing") / "NOT_BLESSED").is_file()
    metadata = unconfirmed["Pusher"]["artifacts"]["pushed_model"]["metadata"]
    assert metadata["pushed"] == 0
    assert "pushed_destination" not in metadata
    assert not cluster.output(unconfirmed, "Pusher", "pushed_model").exists()
