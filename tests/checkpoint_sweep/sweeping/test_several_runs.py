"""Sweeps of several runs: two seeds of one graph, and a run of another graph."""

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep import (
    Racing,
    SweepResult,
    UserError,
    plan_pruning,
    sweep,
)
from checkpoint_sweep.common.wording import Interface
from checkpoint_sweep.evaluation.predict import LoadedModels
from checkpoint_sweep.evaluation.predict.graph_digest import digest_of_serving_graph
from checkpoint_sweep.evaluation.results.ledger import read_ledger
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.model_run.runs import RunCandidates, find_candidates, make_runs
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.sweeping.compare import compare
from checkpoint_sweep.sweeping.export import export_step, sharing_runs, verdict_on
from checkpoint_sweep.sweeping.finished import read_result
from checkpoint_sweep.sweeping.predictions.later import write_predictions_of
from tests.checkpoint_sweep.sweeping.conftest import Runs
from tests.support.errors_document import documented, pattern

OWN = "{run}/export"
NAMES = ["other", "seed-1", "seed-2"]


@pytest.fixture(scope="module")
def seeds(runs: Runs) -> SweepResult:
    """A sweep of two runs, before the third is added."""
    found = sweep(runs.of("seed-1", "seed-2"), OWN, runs.into("runs-sweep"))
    ledger = read_ledger(found.directory)  # It goes with the next sweep.
    vars(found)["evaluated"] = ledger
    return found


@pytest.fixture(scope="module")
def swept(runs: Runs, seeds: SweepResult) -> SweepResult:
    """A sweep of three runs, which goes on from that of two."""
    return sweep(runs.of("seed-1", "seed-2", "other"), OWN, runs.into("runs-sweep"))


@pytest.fixture(scope="module")
def alone(runs: Runs) -> Mapping[str, SweepResult]:
    """A sweep of each run alone."""
    return {
        name: sweep(runs.of(name)[0], f"{runs.of(name)[0]}/export", runs.into(f"alone-{name}"))
        for name in NAMES
    }


@pytest.mark.slow
def test_each_candidate_has_the_values_that_it_has_in_a_sweep_of_its_run_alone(
    swept: SweepResult, alone: Mapping[str, SweepResult]
) -> None:
    compared = 0
    for entry in swept.evaluated:
        own = alone[entry.run or ""].metrics[f"step-{entry.step:08d}"]
        found = swept.metrics[entry.name]
        assert found.keys() == own.keys()
        for slice_key, values in own.items():
            assert found[slice_key] == pytest.approx(values, rel=1e-6, nan_ok=True)
            compared += len(values)
    assert compared == 11 * 2 * 3  # Checkpoints, metrics, and slices with all examples.
    errors = {(name, v.step): v.standard_error for name, one in alone.items() for v in one.verdicts}
    for verdict in swept.verdicts:
        expected = errors[verdict.run or "", verdict.step]
        assert verdict.standard_error == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_the_chosen_is_the_best_of_all_runs_and_is_exported_with_its_weights(
    swept: SweepResult, alone: Mapping[str, SweepResult], runs: Runs
) -> None:
    values = {
        (name, verdict.step): verdict.value or 0.0
        for name, one in alone.items()
        for verdict in one.verdicts
    }
    name, step = max(values, key=lambda key: values[key])
    winner = swept.decision.winner if swept.decision else None
    assert winner is not None
    assert (winner.run, winner.step) == (name, step) == (swept.run, swept.step)
    exported = tf.train.load_checkpoint(f"{swept.model}/variables/variables")
    (index,) = Path(runs.of(name)[0]).glob(f"*-{step}.index")
    own = tf.train.load_checkpoint(str(index.with_suffix("")))
    for key in exported.get_variable_to_shape_map():
        if key in own.get_variable_to_shape_map():
            np.testing.assert_array_equal(exported.get_tensor(key), own.get_tensor(key))
    best = [max(v for (of, _), v in values.items() if of == name) for name in NAMES]
    spread = json.loads(Path(swept.directory, "verdicts.json").read_text())["run_spread"]
    assert [one["run"] for one in spread["runs"]] == NAMES
    assert spread["standard_deviation"] == pytest.approx(np.std(best, ddof=1))


@pytest.mark.slow
def test_an_added_run_evaluates_only_its_own_candidates(
    seeds: SweepResult, swept: SweepResult
) -> None:
    assert [entry.reused for entry in seeds.evaluated] == [False] * 8
    evaluated = [entry.run for entry in read_ledger(swept.directory) if not entry.reused]
    assert evaluated == ["other"] * 3


@pytest.mark.slow
def test_a_second_sweep_finds_nothing_new(swept: SweepResult, runs: Runs) -> None:
    # In another order, which changes neither names nor verdicts.
    again = sweep(runs.of("other", "seed-2", "seed-1"), OWN, runs.into("runs-sweep"))
    assert again.directory == swept.directory
    assert again.verdicts == swept.verdicts


@pytest.mark.slow
def test_reports_name_the_run(swept: SweepResult) -> None:
    folder = Path(read_result(str(Path(swept.directory).parent)).directory)
    rows = list(csv.DictReader(io.StringIO((folder / "metrics.csv").read_text())))
    assert {row["run"] for row in rows} == set(NAMES)
    report = json.loads((folder / "report.json").read_text())
    assert [c["run"] for c in report["candidates"]] == ["other"] * 3 + ["seed-1"] * 4 + [
        "seed-2"
    ] * 4
    page = (folder / "report.html").read_text()
    assert "By run" in page
    assert "Between runs: the best values of 3 runs" in page
    assert "Metrics by training step" in (folder / "tfma.html").read_text()
    curves = {path.parent.parent.name for path in folder.glob("tensorboard/*/overall/*")}
    assert curves == set(NAMES)


@pytest.mark.slow
def test_files_of_a_single_run_say_nothing_of_runs(alone: Mapping[str, SweepResult]) -> None:
    folder = Path(alone["seed-1"].directory)
    assert "run" not in (folder / "metrics.csv").read_text().partition("\n")[0].split(",")
    for name in ("verdicts.json", "ledger.json"):
        assert '"run' not in (folder / name).read_text()
    candidates = json.loads((folder / "report.json").read_text())["candidates"]
    assert all("run" not in candidate for candidate in candidates)
    assert "By run" not in (folder / "report.html").read_text()


@pytest.mark.slow
def test_the_other_commands_take_a_sweep_of_several_runs(swept: SweepResult, runs: Runs) -> None:
    output = str(runs.directory / "runs-sweep")
    compared = compare(f"{output}:seed-1:20", f"{output}:other:2")
    assert (compared.first.name, compared.second.name) == (
        "seed-1-step-00000020",
        "other-step-00000002",
    )
    with pytest.raises(UserError, match="names none of its checkpoints: other:1, other:2"):
        compare(f"{output}:20", output)
    found = verdict_on(swept.directory, runs.of("seed-2")[0], 20)
    assert found is not None
    assert found.label == "step 20 of seed-2"
    names = [Path(path).name for path in write_predictions_of(output, [20])]
    assert names == ["seed-1-step-00000020.parquet", "seed-2-step-00000020.parquet"]
    with pytest.raises(UserError, match="is of several runs, and prune takes one of a single run"):
        plan_pruning(runs.of("seed-1")[0], "best:1", sweep=output)


@pytest.mark.slow
def test_a_race_is_of_the_candidates_of_all_runs(
    swept: SweepResult, runs: Runs, tmp_path: Path
) -> None:
    options = runs.into(str(tmp_path / "out"), racing=Racing())
    raced = sweep(runs.of("seed-1", "other"), OWN, options)
    assert raced.run == "seed-1"
    dropped = {v.name for v in raced.verdicts if v.reason.startswith("dropped after")}
    assert "seed-1-step-00000000" in dropped
    values = {verdict.name: verdict.value for verdict in swept.verdicts}
    for verdict in raced.verdicts:
        if verdict.name not in dropped:
            assert verdict.value == pytest.approx(values[verdict.name], rel=1e-6)


@pytest.mark.slow
def test_the_results_of_other_runs_do_not_go_unasked(swept: SweepResult, runs: Runs) -> None:
    message = documented("What it refuses of several runs")[
        "the last sweep beside the runs is of others too (Python, command line)"
    ]
    with pytest.raises(UserError) as caught:
        sweep(runs.of("seed-1", "other"), OWN, runs.options)
    assert re.fullmatch(pattern(message), caught.value.told_in(Interface.TFX))
    # The same runs, without an output that is named.
    assert sweep(runs.of(*NAMES), OWN, runs.options).directory == swept.directory


@pytest.mark.parametrize(
    ("models", "run", "sharing"),
    [
        ({"/a": "/m", "/b": "/m", "/c": "/n"}, "/a/", ["/b"]),
        ({"/a": "/m", "/b": "/m", "/c": "/n"}, "/c", []),
        ({"/a": "/m", "/b": "/m"}, "/other", []),
        ({}, "/a", []),
    ],
)
def test_runs_share_the_export_that_they_were_evaluated_in(
    models: dict[str, str], run: str, sharing: list[str]
) -> None:
    made = {"runs": [{"model_run": path, "model": model} for path, model in models.items()]}
    assert sharing_runs(made, run) == sharing


@pytest.mark.slow
def test_a_checkpoint_is_exported_in_the_graph_that_its_run_shares(
    runs: Runs, tmp_path: Path
) -> None:
    first, second = runs.of("seed-1", "seed-2")
    target = str(tmp_path / "exported")
    with pytest.raises(UserError, match="No checkpoint reproduces the weights"):
        export_step(second, f"{first}/export", 20, target)
    export_step(second, f"{first}/export", 20, target, sharing=[first])
    exported = tf.train.load_checkpoint(f"{target}/variables/variables")
    own = tf.train.load_checkpoint(f"{second}/model.ckpt-20")
    for key in ("hidden/kernel", "logit/bias"):
        np.testing.assert_array_equal(exported.get_tensor(key), own.get_tensor(key))


def _found(runs: Runs, names: list[str], exports: list[str]) -> RunCandidates:
    exported = [f"{folder}/export" for folder in runs.of(*exports)]
    return find_candidates(make_runs(runs.of(*names), exported), StepRange())


def test_an_export_of_one_run_serves_another_run_of_its_graph(runs: Runs) -> None:
    own = _found(runs, ["seed-1", "seed-2"], ["seed-1", "seed-2"])
    for shared in ("seed-1", "seed-2"):
        found = _found(runs, ["seed-1", "seed-2"], [shared])
        assert found.skipped == {}
        assert {n: s.digest for n, s in found.sources.items()} == {
            n: s.digest for n, s in own.sources.items()
        }
        assert {s.saved_model.directory for s in found.sources.values()} == {
            f"{runs.of(shared)[0]}/export"
        }


def test_runs_of_one_graph_are_fused_whatever_their_exports(runs: Runs) -> None:
    prints = [SavedModel(f"{folder}/export").fingerprint for folder in runs.of("seed-1", "seed-2")]
    digests = [
        digest_of_serving_graph(SavedModel(f"{folder}/export"), "serving_default")
        for folder in runs.of(*NAMES)
    ]
    assert prints[0] != prints[1]  # By the seeds of initialisers.
    assert digests[1] == digests[2] != digests[0]


@pytest.mark.slow
def test_fused_runs_predict_as_each_does_alone(runs: Runs, examples: list[bytes]) -> None:
    sources = list(_found(runs, NAMES, NAMES).sources.values())
    batch = {"examples": np.array(examples[:50], dtype=object)}
    together = LoadedModels(sources)
    alone = [LoadedModels([source]) for source in sources]
    for outputs, one in zip(together.predict(batch), alone, strict=True):
        (expected,) = one.predict(batch)
        np.testing.assert_allclose(outputs["probability"], expected["probability"], rtol=1e-6)
    for models in (together, *alone):
        models.close()
