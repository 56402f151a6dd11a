"""Averages are candidates as checkpoints are: evaluated, judged, exported, and taken over.

Over 300 lines, since all sweep the same two runs and compare averages by the same helpers.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx.types import standard_artifacts

from checkpoint_sweep import tfma_views as views
from checkpoint_sweep.common.files import PARTIAL
from checkpoint_sweep.evaluation.fused import engine as fused_engine
from checkpoint_sweep.evaluation.results.ledger import Entry, read_ledger
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.saved_model.model_source import VARIABLES, ModelSource
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.greedy_soup import greedy_soup, ingredients
from checkpoint_sweep.selection.policies import BestValue, CandidateResult
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.tfx_components.sweep import executor
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.checkpoint_sweep.tfx_components.sweep import stock_tfma
from tests.checkpoint_sweep.tfx_components.sweep.conftest import (
    EVAL_CONFIG,
    Sweep,
    Swept,
    sweep_into,
)
from tests.support import keras_run, tfrecords
from tests.support.estimator_run import STEPS, EstimatorRun
from tests.support.policies import Named
from tests.support.tensor_bundles import read_bundle, write_bundle

pytestmark = pytest.mark.slow

FLOOR = 0.1
LAST = Averages(last=(2, 3)).to_json()
SOUP = Averages(greedy_soup=True).to_json()
BOTH = Averages(last=(2,), greedy_soup=True).to_json()
ALL = Averages(last=(2, 3), greedy_soup=True).to_json()


@pytest.fixture(scope="module")
def around(trained: EstimatorRun, tmp_path_factory: pytest.TempPathFactory) -> EstimatorRun:
    """A run whose steps 20 and 40 lie on both sides of step 60, and step 0 is far off.

    The cross entropy is convex in the bias, so step 60 is better than any of them.
    """
    directory = tmp_path_factory.mktemp("around")
    shutil.copytree(trained.model_run, directory / "around")
    last = read_bundle(str(trained.model_run / "model.ckpt-60"))
    random = np.random.default_rng(3)
    away = {
        key: random.normal(0, 0.01, value.shape).astype(np.float32)
        for key, value in read_bundle(str(trained.export / VARIABLES)).items()
        if key != "global_step"
    }
    away["logit/bias"] += np.float32(2)
    for step, times in ((0, 3), (20, 1), (40, -1)):
        tensors = {key: last[key] + np.float32(times) * away[key] for key in away}
        prefix = str(directory / "around" / f"model.ckpt-{step}")
        write_bundle(prefix, read_bundle(prefix) | tensors)
    return EstimatorRun(trained.estimator, directory / "around", trained.export)


@pytest.fixture(scope="module")
def last_averaged(
    trained: EstimatorRun,
    example_artifact: standard_artifacts.Examples,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Swept, Path]:
    """A first execution with averages of the last two and three, and its node; do not write."""
    directory = tmp_path_factory.mktemp("last-averaged")
    swept = sweep_into(directory, example_artifact)(trained, averages=LAST, floor=0.0, execution=1)
    return swept, directory / "node"


@pytest.fixture
def choose(
    last_averaged: tuple[Swept, Path],
    trained: EstimatorRun,
    sweep: Sweep,
    evaluated: list[str],
    tmp_path: Path,
) -> Callable[[str], Swept]:
    """Sweeps beside a copy of it, by another policy: nothing is evaluated again."""

    def chosen(name: str) -> Swept:
        shutil.copytree(last_averaged[1], tmp_path / "node")
        selection = _choosing(name)
        swept = sweep(trained, averages=LAST, floor=0.0, selection=selection, execution=2)
        assert evaluated == []
        return swept

    return chosen


@pytest.fixture(scope="module")
def with_soup(
    around: EstimatorRun,
    example_artifact: standard_artifacts.Examples,
    tmp_path_factory: pytest.TempPathFactory,
) -> Swept:
    """A sweep with an average of the last two and a soup of two trials; do not write into it."""
    directory = tmp_path_factory.mktemp("with-soup")
    sweep = sweep_into(directory, example_artifact)
    return sweep(around, averages=BOTH, last_step=40, **_by_cross_entropy())


def _choosing(name: str) -> str:
    direction = Direction.HIGHER_IS_BETTER
    return Selection("auc", direction=direction, policy=Named(name)).to_json()


def _by_cross_entropy(name: str = "") -> dict[str, Any]:
    """Parameters of a sweep that chooses by it, or by name, and whose floor all meet."""
    policy = Named(name) if name else BestValue()
    selection = Selection("binary_crossentropy", {}, Direction.LOWER_IS_BETTER, policy=policy)
    return {"selection": selection.to_json(), "floor": 0.0}


def _verdicts(swept: Swept) -> dict[str, dict[str, Any]]:
    return {verdict["name"]: verdict for verdict in swept.verdicts["checkpoints"]}


def _ledger(swept: Swept) -> dict[str, Entry]:
    return {entry.name: entry for entry in read_ledger(swept.evaluation.uri)}


def _numpys(run: EstimatorRun, steps: Sequence[int]) -> dict[str, np.ndarray]:
    """The average as NumPy makes it, of what the export has."""
    bundles = [read_bundle(str(run.model_run / f"model.ckpt-{step}")) for step in steps]
    averaged = {
        key: np.mean([b[key] for b in bundles], axis=0, dtype=np.float64).astype(np.float32)
        for key in read_bundle(str(run.export / VARIABLES))
    }
    return averaged | {"global_step": bundles[-1]["global_step"]}


def _exported(swept: Swept) -> dict[str, np.ndarray]:
    return read_bundle(str(Path(swept.model.uri) / "Format-Serving" / VARIABLES))


def _same(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> bool:
    return first.keys() == second.keys() and all(
        first[key].tobytes() == second[key].tobytes() for key in first
    )


@pytest.mark.parametrize("engine", ["fused", "tfma"])
@pytest.mark.parametrize(("name", "steps"), [("average-last-2", [40, 60])])
def test_results_of_an_average_are_stock_tfmas_of_numpys(
    engine: str,
    name: str,
    steps: list[int],
    trained: EstimatorRun,
    sweep: Sweep,
    examples: list[bytes],
    tmp_path: Path,
) -> None:
    swept = sweep(trained, averages=Averages(last=(2,)).to_json(), engine=engine, first_step=40)
    oracle = tmp_path / "oracle"
    shutil.copytree(trained.export, oracle)
    shutil.rmtree(oracle / "variables")
    (oracle / "variables").mkdir()
    write_bundle(str(oracle / VARIABLES), _numpys(trained, steps))
    config = tfma_oracle.config(EVAL_CONFIG % FLOOR)
    data = tfrecords.write(tmp_path / "examples.tfrecord", examples[:200])
    source = ModelSource.from_saved_model(name, str(oracle))
    stock = tfma_oracle.run_tfma(data, config, source, str(tmp_path / "stock"))
    ours = str(Path(swept.evaluation.uri) / name)
    assert tfma_oracle.differences(tfma_oracle.load(stock), tfma_oracle.load(ours)) == []
    value = tfma.load_eval_result(stock).get_metrics_for_slice()["auc"]["doubleValue"]
    assert _verdicts(swept)[name]["value"] == pytest.approx(value, abs=1e-9)
    plain = tfma_oracle.load(str(Path(swept.evaluation.uri) / "step-00000060"))
    assert tfma_oracle.differences(plain, tfma_oracle.load(ours)) != []


def test_averages_have_verdicts_of_their_own(last_averaged: tuple[Swept, Path]) -> None:
    swept, _ = last_averaged
    names = [verdict["name"] for verdict in swept.verdicts["checkpoints"]]
    assert names == [*(f"step-{step:08d}" for step in STEPS), "average-last-2", "average-last-3"]
    verdicts = _verdicts(swept)
    assert [verdict["averaged"] for verdict in verdicts.values()] == [
        *[None] * 4,
        [40, 60],
        [20, 40, 60],
    ]
    assert verdicts["average-last-3"]["step"] == 60
    assert verdicts["average-last-3"]["eligible"]
    entry = _ledger(swept)["average-last-3"]
    assert entry.status == "evaluated"
    assert entry.checkpoint.startswith(f"{swept.evaluation.uri}/averages/average-last-3/")


def test_a_chosen_average_is_exported_bit_for_bit_and_blessed(
    trained: EstimatorRun, choose: Callable[[str], Swept]
) -> None:
    swept = choose("average-last-3")
    assert swept.verdicts["chosen"] == "average-last-3"
    assert swept.files == {"BLESSED", "verdicts.json"}
    assert _same(_exported(swept), _numpys(trained, [20, 40, 60]))
    for artifact in (swept.model, swept.blessing):
        assert artifact.get_int_custom_property("checkpoint_step") == 60
        assert artifact.get_string_custom_property("candidate") == "average-last-3"
        assert artifact.get_string_custom_property("averaged_steps") == "20, 40, 60"


def test_a_chosen_checkpoint_has_no_properties_of_an_average(
    choose: Callable[[str], Swept],
) -> None:
    swept = choose("step-00000060")
    assert swept.model.get_int_custom_property("checkpoint_step") == 60
    assert not swept.model.has_custom_property("averaged_steps")


def test_averages_have_to_meet_the_same_thresholds(trained: EstimatorRun, sweep: Sweep) -> None:
    swept = sweep(trained, floor=0.9999, averages=ALL)
    verdicts = _verdicts(swept)
    assert verdicts["average-last-2"]["reason"].startswith("auc 0.")
    assert verdicts["greedy-soup"]["reason"] == "it needs 2 passing checkpoints, and there are 0"
    assert swept.verdicts["reason"].startswith("none of the 7 candidates passed; closest: ")
    assert not any(Path(swept.model.uri).iterdir())


def _trials(swept: Swept) -> dict[tuple[int, ...], float]:
    """By the steps in them, the values of the averages that were tried."""
    found = {}
    for entry in _ledger(swept).values():
        if entry.status == "trial":
            result = tfma.load_eval_result(f"{swept.evaluation.uri}/{entry.name}")
            value = result.get_metrics_for_slice()["binary_crossentropy"]["doubleValue"]
            found[tuple(entry.averaged or ())] = value
    return found


def test_the_soup_follows_from_its_trials_and_has_the_results_of_the_last(
    around: EstimatorRun, sweep: Sweep, evaluated: list[str]
) -> None:
    swept = sweep(around, averages=SOUP, last_step=40, **_by_cross_entropy("greedy-soup"))
    assert evaluated[3:] == ["greedy-soup-trial-01", "greedy-soup-trial-02"]
    assert _ledger(swept)["greedy-soup"].reused
    assert "greedy-soup-trial-01" not in _verdicts(swept)
    verdict, trials = _verdicts(swept)["greedy-soup"], _trials(swept)
    checkpoints = [
        CandidateResult(v["name"], v["step"], v["value"])
        for v in swept.verdicts["checkpoints"]
        if v["averaged"] is None
    ]
    soup = greedy_soup(
        ingredients(checkpoints, Direction.LOWER_IS_BETTER, 10),
        Direction.LOWER_IS_BETTER,
        lambda steps: CandidateResult("trial", steps[-1], trials[tuple(steps)]),
    )
    assert len(trials) == 2
    assert soup.steps == [20, 40]
    assert verdict["averaged"] == soup.steps
    assert verdict["value"] == trials[tuple(soup.steps)]
    assert _same(_exported(swept), _numpys(around, soup.steps))
    names = {path.name for path in (Path(swept.evaluation.uri) / "averages").iterdir()}
    assert names == {"greedy-soup"}


def test_a_soup_that_is_an_average_of_the_last_is_not_evaluated_again(
    around: EstimatorRun, sweep: Sweep, evaluated: list[str]
) -> None:
    averages = Averages(last=(2,), greedy_soup=True).to_json()
    swept = sweep(around, averages=averages, first_step=20, last_step=40, **_by_cross_entropy())
    assert evaluated == ["step-00000020", "step-00000040", "average-last-2"]
    verdicts = _verdicts(swept)
    assert verdicts["greedy-soup"]["value"] == verdicts["average-last-2"]["value"]
    assert verdicts["greedy-soup"]["reason"] == "equal to average-last-2"
    assert swept.verdicts["chosen"] == "average-last-2"


def test_a_soup_tries_no_more_averages_than_allowed(
    trained: EstimatorRun, sweep: Sweep, evaluated: list[str]
) -> None:
    sweep(trained, averages=Averages(greedy_soup=True, most_trials=1).to_json(), floor=0.0)
    assert evaluated[4:] == ["greedy-soup-trial-01"]


def test_a_soup_of_one_is_left_out(around: EstimatorRun, sweep: Sweep) -> None:
    swept = sweep(around, averages=SOUP, last_step=20, **_by_cross_entropy())
    verdict = _verdicts(swept)["greedy-soup"]
    assert verdict["reason"] == "their average is not as good as the best checkpoint alone, step 20"
    assert not verdict["eligible"]
    assert _ledger(swept)["greedy-soup"].status == "skipped"


@pytest.mark.parametrize("engine", ["fused", "tfma"])
def test_a_second_sweep_evaluates_no_average_and_has_the_same_verdicts(
    engine: str,
    around: EstimatorRun,
    sweep: Sweep,
    evaluated: list[str],
) -> None:
    averages = Averages(last=(2,), greedy_soup=True).to_json()
    parameters = {"averages": averages, "engine": engine, "first_step": 20, "last_step": 40}
    parameters |= _by_cross_entropy()
    first = sweep(around, execution=1, **parameters)
    evaluated.clear()
    second = sweep(around, execution=2, **parameters)
    assert evaluated == []
    assert second.verdicts == first.verdicts
    assert first.verdicts["chosen"] == "average-last-2"
    entries = [e for e in _ledger(second).values() if e.status in ("evaluated", "trial")]
    assert all(entry.reused for entry in entries)
    assert _same(_exported(second), _exported(first))
    config = tfma.load_eval_result(f"{second.evaluation.uri}/average-last-2")
    assert config.model_location == _ledger(second)["average-last-2"].checkpoint
    assert tf.io.gfile.exists(config.model_location + ".index")


def test_other_weights_of_a_checkpoint_make_its_averages_anew(
    trained: EstimatorRun, sweep: Sweep, evaluated: list[str], tmp_path: Path
) -> None:
    sweep(trained, execution=1, averages=LAST)
    shutil.copytree(trained.model_run, tmp_path / "run")
    prefix = str(tmp_path / "run" / "model.ckpt-20")
    tensors = read_bundle(prefix)
    write_bundle(prefix, tensors | {"hidden/bias": tensors["hidden/bias"] + np.float32(1)})
    evaluated.clear()
    changed = EstimatorRun(trained.estimator, tmp_path / "run", trained.export)
    sweep(changed, execution=2, averages=LAST)
    assert evaluated == ["step-00000020", "average-last-3"]


def _end_at_the_second_trial(
    patched: pytest.MonkeyPatch, around: EstimatorRun, sweep: Sweep, error: BaseException
) -> None:
    counted = fused_engine.EvaluateModels

    def evaluate_models(candidates: Any, *args: Any, **options: Any) -> Any:
        if candidates[0].name == "greedy-soup-trial-02":
            raise error
        return counted(candidates, *args, **options)

    patched.setattr(fused_engine, "EvaluateModels", evaluate_models)
    with pytest.raises(type(error)):
        sweep(around, execution=1, averages=BOTH, last_step=40, **_by_cross_entropy())


def _assert_goes_on(around: EstimatorRun, sweep: Sweep, evaluated: list[str], whole: Swept) -> None:
    evaluated.clear()
    second = sweep(around, execution=2, averages=BOTH, last_step=40, **_by_cross_entropy())
    assert evaluated == ["greedy-soup-trial-02"]
    assert second.verdicts == whole.verdicts


def test_trials_before_a_failure_are_kept(
    around: EstimatorRun,
    sweep: Sweep,
    evaluated: list[str],
    with_soup: Swept,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with monkeypatch.context() as patched:
        _end_at_the_second_trial(patched, around, sweep, RuntimeError("the machine is on fire"))
    kept = tmp_path / "node" / "evaluation" / "1.unfinished"
    assert (kept / "greedy-soup-trial-01").exists()
    assert (kept / "average-last-2").exists()
    assert not (kept / "averages").exists()
    _assert_goes_on(around, sweep, evaluated, with_soup)
    assert not kept.exists()


def test_trials_of_a_killed_process_are_kept(
    around: EstimatorRun,
    sweep: Sweep,
    evaluated: list[str],
    with_soup: Swept,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(executor, "set_aside", lambda directory: None)
        _end_at_the_second_trial(patched, around, sweep, SystemExit())
    averages = tmp_path / "node" / "evaluation" / "1" / "averages"
    shutil.copytree(averages / "average-last-2", averages / f"greedy-soup{PARTIAL}{'0' * 32}")
    _assert_goes_on(around, sweep, evaluated, with_soup)


def test_a_checkpoint_that_is_left_out_is_not_averaged(
    trained: EstimatorRun, sweep: Sweep, tmp_path: Path
) -> None:
    shutil.copytree(trained.model_run, tmp_path / "run")
    damaged = EstimatorRun(trained.estimator, tmp_path / "run", trained.export)
    data = damaged.model_run / "model.ckpt-40.data-00000-of-00001"
    data.write_bytes(bytes(data.stat().st_size))
    verdicts = _verdicts(sweep(damaged, averages=LAST, first_step=20, floor=0.0))
    assert verdicts["average-last-2"]["averaged"] == [20, 60]
    assert verdicts["average-last-2"]["eligible"]
    assert verdicts["average-last-3"]["averaged"] == [20, 60]
    assert verdicts["average-last-3"]["reason"] == "it needs 3 checkpoints, and there are 2"


def test_batch_normalisation_leaves_averages_out_and_the_sweep_goes_on(
    sweep: Sweep, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    run = keras_run.make(
        tmp_path / "run", keras_run.nested, keras_run.manager, keras_run.saved_model
    )
    swept = sweep(run, floor=0.0, averages=ALL)
    verdicts = _verdicts(swept)
    for name in ("average-last-2", "average-last-3", "greedy-soup"):
        assert not verdicts[name]["eligible"]
        assert verdicts[name]["reason"].startswith(
            "the moving statistics of a normalisation cannot be averaged"
        )
        assert _ledger(swept)[name].status == "skipped"
    assert swept.verdicts["chosen"].startswith("step-")
    assert swept.files == {"BLESSED", "verdicts.json"}


@pytest.mark.parametrize(
    ("save", "export"),
    [
        pytest.param(keras_run.manager, keras_run.wrapped, id="by objects"),
        pytest.param(keras_run.callback, keras_run.keras_save, id="with the states of metrics"),
    ],
)
def test_a_keras_models_average_is_exported(
    save: Callable, export: Callable, sweep: Sweep, tmp_path: Path, examples: list[bytes]
) -> None:
    (tmp_path / "run").mkdir()
    run = keras_run.make(tmp_path / "run", keras_run.sequential, save, export)
    swept = sweep(run, floor=None, averages=LAST, selection=_choosing("average-last-2"))
    weights = []
    for prefix in sorted(str(path)[: -len(".index")] for path in run.model_run.glob("*.index"))[1:]:
        run.restore(prefix)
        weights.append([variable.numpy() for variable in run.model.trainable_variables])
    for variable, *values in zip(run.model.trainable_variables, *weights, strict=True):
        assert len(values) == 2
        variable.assign(np.mean(values, axis=0, dtype=np.float64).astype(np.float32))
    expected = np.asarray(run.model(keras_run.parse(tf.constant(examples[:200]))))
    served = tf.saved_model.load(str(Path(swept.model.uri) / "Format-Serving"))
    predicted = served.signatures["serving_default"](examples=tf.constant(examples[:200]))
    np.testing.assert_allclose(predicted["probability"], expected, rtol=1e-6)
    labels = stock_tfma.column(examples[:200], "big_tipper")
    loss = float(tf.reduce_mean(tf.keras.losses.binary_crossentropy(labels, expected)))
    result = tfma.load_eval_result(f"{swept.evaluation.uri}/average-last-2")
    value = result.get_metrics_for_slice()["binary_crossentropy"]["doubleValue"]
    assert value == pytest.approx(loss, rel=1e-5)


def test_of_one_checkpoint_there_is_no_average(trained: EstimatorRun, sweep: Sweep) -> None:
    verdicts = _verdicts(sweep(trained, averages=ALL, first_step=60))
    assert verdicts["average-last-2"]["reason"] == "it needs 2 checkpoints, and there are 1"
    assert verdicts["greedy-soup"]["reason"] == "it needs 2 passing checkpoints, and there are 1"


def test_views_show_averages_by_name(trained: EstimatorRun, sweep: Sweep) -> None:
    opened = views.open_sweep(sweep(trained, averages=ALL).evaluation.uri)
    assert opened.steps == list(STEPS)
    assert opened.averages[:2] == ["average-last-2", "average-last-3"]
    assert not [name for name in opened.averages if "trial" in name]
    view = views.compare(opened, [60, "average-last-2"], metrics=["auc"])
    assert view.panels[0].title == "Step 60 and average-last-2, all examples"
    assert len(views.time_series(opened).panels[0].data) == len(STEPS)
    with pytest.raises(views.ViewError, match="no result for average-last-9; there are: 0, 20"):
        opened.result("average-last-9")


def test_several_passes_give_the_same_verdicts(
    around: EstimatorRun, with_soup: Swept, sweep: Sweep
) -> None:
    usual = with_soup
    frugal = sweep(around, averages=BOTH, last_step=40, memory_budget=1, **_by_cross_entropy())
    assert usual.verdicts["chosen"] == frugal.verdicts["chosen"]
    for name, verdict in _verdicts(usual).items():
        assert _verdicts(frugal)[name]["value"] == pytest.approx(verdict["value"], rel=1e-6)
        assert _verdicts(frugal)[name]["averaged"] == verdict["averaged"]
