"""Candidates that are out are dropped; those that are left have what they would have without."""

import dataclasses
import functools
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from sklearn import metrics as sklearn_metrics

from checkpoint_sweep.common.names import MetricName, ModelNames
from checkpoint_sweep.evaluation.fused.engine import evaluate_fused
from checkpoint_sweep.evaluation.fused.racing import race
from checkpoint_sweep.evaluation.fused.racing.shares import SHARES
from checkpoint_sweep.evaluation.fused.transform import EvaluateModels
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.predict import LoadedModels, memory
from checkpoint_sweep.evaluation.request import Evaluated, EvaluationRequest, Race
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle
from tests.support import passthrough_model

pytestmark = pytest.mark.slow

EXAMPLES = 1500
AUC = MetricName("", "", "auc")
CONFIG = """
    %s
    slicing_specs {}
    slicing_specs { feature_keys: "payment_type" }
    metrics_specs {
      metrics { class_name: "AUC" }
      metrics { class_name: "BinaryCrossentropy" }
      metrics { class_name: "ExampleCount" }
      %s
    }
"""
# A metric that stays example by example: who has its accumulators is evaluated again.
SLOW = """metrics { class_name: "Mean" config: '"feature_key_path": ["features", "weight"]' }"""
ALONE = 'model_specs { label_key: "big_tipper" }'
WITH_BASELINE = """
    model_specs { name: "candidate" label_key: "big_tipper" }
    model_specs { name: "baseline" is_baseline: true label_key: "big_tipper" }
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return taxi_models.write_examples(str(tmp_path_factory.mktemp("data") / "taxi"), EXAMPLES)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[ModelSource]:
    return taxi_models.write_models(str(tmp_path_factory.mktemp("models")), "binary", 7)


def _request(
    data: str,
    models: list[ModelSource],
    directory: Path,
    text: str = ALONE,
    budget: int | None = None,
    more: str = "",
) -> EvaluationRequest:
    baseline = models[-1] if text is WITH_BASELINE else None
    candidates = models[:-1]
    eval_config = tfma_oracle.config(CONFIG % (text, more), baseline=baseline is not None)

    def read(pipeline: beam.Pipeline, batch_size: int, columns: object) -> beam.PCollection:
        return pipeline | taxi_models.read(data, min(batch_size, 400))

    return EvaluationRequest(
        candidates=candidates,
        baseline=baseline,
        outputs={model.name: str(directory / model.name) for model in candidates},
        eval_config=eval_config,
        read=read,
        make_pipeline=lambda: beam.Pipeline(runner=FnApiRunner()),
        memory_budget=budget,
        tracked_metrics=find_tracked_metrics(eval_config, Selection("auc")),
        race=Race(Racing(), Selection("auc").statistic, Direction.HIGHER_IS_BETTER),
    )


def _by_name(request: EvaluationRequest) -> dict[str, Evaluated]:
    evaluated = [done for group in evaluate_fused(request) for done in group]
    assert sorted(done.name for done in evaluated) == sorted(m.name for m in request.candidates)
    return {done.name: done for done in evaluated}


@dataclasses.dataclass(frozen=True)
class Both:
    """An evaluation with a race and the same without, and what each said of the candidates."""

    raced: EvaluationRequest
    whole: EvaluationRequest
    done: dict[str, Evaluated]
    all_done: dict[str, Evaluated]


@pytest.fixture(scope="module")
def both(
    data: str, models: list[ModelSource], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, int], Both]:
    """Evaluates by a config in a number of groups, once for all tests.

    With a baseline all metrics are sums; without, one stays example by example.
    """

    @functools.cache
    def evaluate(text: str, groups: int) -> Both:
        directory = tmp_path_factory.mktemp("both")
        weight = memory.weight_bytes(models[0])
        budget = weight * (len(models) // groups + 1) if groups > 1 else None
        more = SLOW if text is ALONE else ""
        raced = _request(data, models, directory / "raced", text, budget=budget, more=more)
        outputs = {m.name: str(directory / "whole" / m.name) for m in models[:-1]}
        whole = dataclasses.replace(raced, race=None, outputs=outputs)
        return Both(raced, whole, _by_name(raced), _by_name(whole))

    return evaluate


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        pytest.param(ALONE, 1, id="alone"),
        pytest.param(WITH_BASELINE, 3, id="in groups with a baseline"),
    ],
)
def test_candidates_that_are_left_have_the_results_of_all_examples(
    text: str, groups: int, both: Callable[[str, int], Both]
) -> None:
    evaluated = both(text, groups)
    raced, whole, done = evaluated.raced, evaluated.whole, evaluated.done
    left = [name for name, one in done.items() if one.error is None]
    assert 0 < len(left) < len(done)
    assert all(one.error is None for one in evaluated.all_done.values())
    model_name = "candidate" if text is WITH_BASELINE else None
    for name in left:
        expected = tfma_oracle.load(whole.outputs[name], model_name)
        actual = tfma_oracle.load(raced.outputs[name], model_name)
        assert tfma_oracle.differences(expected, actual) == []
        mine, theirs = (
            read_replicates(raced.outputs[name], ModelNames()),
            read_replicates(whole.outputs[name], ModelNames()),
        )
        assert mine.keys() == theirs.keys()
        for key, found in mine.items():
            assert found.own.examples == theirs[key].own.examples
            assert found.own.left_out == pytest.approx(theirs[key].own.left_out, nan_ok=True)


def test_the_best_candidate_is_left_and_others_say_when_they_were_dropped(
    both: Callable[[str, int], Both],
) -> None:
    evaluated = both(ALONE, 1)
    aucs = {
        name: read_replicates(directory, ModelNames())[(), AUC].own.value
        for name, directory in evaluated.whole.outputs.items()
    }
    raced, done = evaluated.raced, evaluated.done
    best = max(aucs, key=lambda name: aucs[name])
    assert done[best].error is None
    for name, one in done.items():
        assert one.dropped == (one.error is not None)
        if one.error is not None:
            assert one.error.startswith("dropped after ")
            assert "significantly worse than the best (90%)" in one.error
            assert not Path(raced.outputs[name]).exists()
    assert not (Path(raced.outputs[best]).parent / "racing").exists()


def test_a_candidate_that_can_no_longer_be_read_takes_nothing_from_the_others(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = taxi_models.write_models(str(tmp_path / "models"), "binary", 4)
    request = _request(data, models, tmp_path / "raced")
    outputs = {m.name: str(tmp_path / "whole" / m.name) for m in request.candidates}
    whole = dataclasses.replace(request, race=None, outputs=outputs)
    _by_name(whole)
    groups = getattr(race, "_groups")  # noqa: B009 - of the module's own

    def after_the_first_share(alive: object, parts: object, *more: object) -> object:
        if parts:
            shutil.rmtree(Path(models[0].saved_model.directory, "variables"), ignore_errors=True)
        return groups(alive, parts, *more)

    monkeypatch.setattr(race, "_groups", after_the_first_share)
    done = _by_name(request)
    gone = done.pop(models[0].name)
    assert (gone.error or "").startswith("unreadable")
    left = [name for name, one in done.items() if one.error is None]
    assert left
    for name in left:
        expected, actual = (tfma_oracle.load(o[name]) for o in (outputs, request.outputs))
        assert tfma_oracle.differences(expected, actual) == []


def test_the_best_is_left_where_predictions_are_narrow(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=EXAMPLES).clip(-3, 3)
    labels = random.random(EXAMPLES) < 1 / (1 + np.exp(-logits))
    flags = random.integers(0, 2, EXAMPLES)
    rows = [
        {"p": [0.5 + 0.0005 * x], "big_tipper": [int(y)], "flag": [float(flag)]}
        for x, y, flag in zip(logits, labels, flags, strict=True)
    ]
    data = passthrough_model.write_examples(tmp_path / "data", rows)
    # What is added to half of the examples, within the width of the others: none to the best.
    noise = {"worst": 0.0015, "bad": 0.001, "best": 0.0, "worse": 0.0007, "baseline": 0.0}
    models = [
        passthrough_model.write_model(tmp_path / name, bad=added) for name, added in noise.items()
    ]
    request = _request(data, models, tmp_path / "raced")
    done = _by_name(request)
    assert done["worst"].dropped
    assert done["best"].error is None
    value = read_replicates(request.outputs["best"], ModelNames())[(), AUC].own.value
    assert value == pytest.approx(sklearn_metrics.roc_auc_score(labels, logits), abs=0.01)


def _with(loader: object) -> tuple[object, ...]:
    """The defaults of `EvaluateModels` with another loader."""
    defaults = EvaluateModels.__init__.__defaults__ or ()
    return tuple(loader if value is LoadedModels else value for value in defaults)


@pytest.mark.parametrize(
    ("more", "number", "predicted"),
    [
        pytest.param("", 7, EXAMPLES, id="sums go on"),
        pytest.param(
            SLOW,
            3,
            pytest.approx(EXAMPLES * (2 + 4 + 8 + 16) / SHARES, rel=0.1),
            id="what has accumulators of TFMA's begins anew",
        ),
    ],
)
def test_an_example_is_predicted_again_only_for_accumulators_of_tfmas(
    more: str,
    number: int,
    predicted: object,
    data: str,
    models: list[ModelSource],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = tmp_path / "predicted"  # A file: steps are pickled on their way to the runner.
    load = LoadedModels

    class Counting:
        def __init__(self, sources, signature):
            self._loaded = load(sources, signature)
            self.input_specs = self._loaded.input_specs
            self._models = len(sources)

        def predict(self, inputs):
            (values,) = inputs.values()
            with log.open("a") as file:
                file.write(f"{self._models} {len(values)}\n")
            return self._loaded.predict(inputs)

    monkeypatch.setattr(EvaluateModels.__init__, "__defaults__", _with(Counting))
    request = _request(data, models[:number], tmp_path, more=more)
    done = _by_name(request)
    batches = [tuple(map(int, line.split())) for line in log.read_text().splitlines()]
    assert sum(size for _, size in batches) == predicted
    work = sum(loaded * size for loaded, size in batches)
    assert more or work < EXAMPLES * len(request.candidates)
    left = sum(one.error is None for one in done.values())
    assert work >= EXAMPLES * left


def test_with_metrics_by_query_no_candidate_is_dropped(
    data: str, models: list[ModelSource], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    queries = """} metrics_specs { query_key: "trip_start_day"
        metrics { class_name: "MinLabelPosition" }"""
    request = _request(data, models[:3], tmp_path, more=queries)
    with caplog.at_level(logging.WARNING):
        done = _by_name(request)
    assert all(one.error is None for one in done.values())
    assert "All candidates are evaluated on all examples" in caplog.text
