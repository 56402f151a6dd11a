"""Canned estimators, several heads and signatures, and every kind of variable: swept as they are.

The engine's results are stock TFMA's, and those that Estimator computes too are Estimator's.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.inputs.reader import read_with_places
from checkpoint_sweep.evaluation.model_function.compute import Pass, compute
from checkpoint_sweep.evaluation.model_function.sources import EvalSources
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model import eval_graph
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.checkpoint_sweep.tfx_components.sweep import stock_tfma
from tests.support import assorted_estimators, eval_exports, tfrecords
from tests.support.assorted_estimators import STEPS, Run
from tests.support.candidates import make_candidates

pytestmark = pytest.mark.slow

EXAMPLES = 60
SLICES = 'slicing_specs {} slicing_specs { feature_keys: "payment_type" }'


def _metrics(*names: str, options: str = "") -> str:
    listed = " ".join(f'metrics {{ class_name: "{name}" }}' for name in names)
    return f"metrics_specs {{ {listed} {options} }}"


BINARY = _metrics("BinaryCrossentropy", "BinaryAccuracy", "MeanPrediction", "AUC", "ExampleCount")


@dataclasses.dataclass(frozen=True)
class Case:
    """A way to evaluate a run.

    Attributes:
        run: name of the run.
        config: of the evaluation.
        shared: from TFMA's name of a metric to Estimator's.
    """

    run: str
    config: str
    shared: Mapping[str, str]


CASES = {
    "canned, predict": Case(
        "canned",
        'model_specs { signature_name: "predict" prediction_key: "logistic"'
        f' label_key: "big_tipper" }} {SLICES} {BINARY}' + _metrics("MeanLabel"),
        {
            "binary_crossentropy": "average_loss",
            "binary_accuracy": "accuracy",
            "mean_prediction": "prediction/mean",
            "mean_label": "label/mean",
        },
    ),
    "canned, two columns binarized": Case(
        "canned",
        'model_specs { signature_name: "predict" prediction_key: "probabilities"'
        f' label_key: "big_tipper" }} {SLICES}'
        + _metrics("MeanPrediction", "AUC", options="binarize { class_ids { values: 1 } }")
        + _metrics("SparseCategoricalCrossentropy"),
        {"sparse_categorical_crossentropy": "average_loss"},
    ),
    "two heads": Case(
        "two_heads",
        """
        model_specs {
          signature_name: "predict"
          label_keys { key: "tipper" value: "big_tipper" }
          label_keys { key: "month" value: "trip_start_month" }
        }
        """
        + SLICES
        + BINARY.replace("ExampleCount", "MeanLabel")[:-1]
        + ' output_names: "tipper" }'
        + _metrics("MeanSquaredError", "MeanPrediction", options='output_names: "month"'),
        {
            "tipper/binary_accuracy": "accuracy/tipper",
            "tipper/mean_prediction": "prediction/mean/tipper",
            "tipper/mean_label": "label/mean/tipper",
            "month/mean_squared_error": "average_loss/month",
            "month/mean_prediction": "prediction/mean/month",
        },
    ),
    "every kind of variable, one of several signatures": Case(
        "every_kind_of_variable",
        'model_specs { signature_name: "scores" prediction_key: "probability"'
        f' label_key: "big_tipper" }} {SLICES} {BINARY}',
        {
            "binary_crossentropy": "average_loss",
            "binary_accuracy": "accuracy",
            "mean_prediction": "mean",
        },
    ),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, examples: list[bytes]) -> Callable[[str], Run]:
    made: dict[str, Run] = {}

    def run(name: str) -> Run:
        if name not in made:
            build = getattr(assorted_estimators, name)
            directory = tmp_path_factory.mktemp(name)
            made[name] = assorted_estimators.train(
                directory, build, examples[:EXAMPLES], single_label=name == "canned"
            )
        return made[name]

    return run


@pytest.fixture(scope="module")
def evaluated(runs: Callable[[str], Run]) -> Callable[[str, str], Mapping[str, float]]:
    """What Estimator computes of a run's checkpoint, once for all tests that ask for it."""

    @functools.cache
    def evaluate(name: str, prefix: str) -> Mapping[str, float]:
        run = runs(name)
        return run.estimator.evaluate(run.data, checkpoint_path=prefix)

    return evaluate


@pytest.mark.parametrize("name", CASES)
def test_results_equal_stock_tfmas_and_estimators(
    name: str,
    runs: Callable[[str], Run],
    evaluated: Callable[[str, str], Mapping[str, float]],
    examples: list[bytes],
    tmp_path: Path,
) -> None:
    case = CASES[name]
    run = runs(case.run)
    checkpoints = find_checkpoints(str(run.model_run))
    found = make_candidates(SavedModel(str(run.export)), checkpoints, checkpoints)
    assert (tuple(found.sources), found.skipped) == (STEPS, {})
    sources = list(found.sources.values())
    data = tfrecords.write(tmp_path / "examples.tfrecord", examples[:EXAMPLES])
    results = stock_tfma.check_first_and_last(sources, data, case.config, tmp_path)
    for source, result in zip((sources[0], sources[-1]), results, strict=True):
        expected = evaluated(case.run, source.weights)
        for ours, theirs in case.shared.items():
            assert result[ours] == pytest.approx(expected[theirs], rel=1e-5), ours


def test_metrics_of_the_model_function_equal_the_estimators(
    runs: Callable[[str], Run],
    evaluated: Callable[[str, str], Mapping[str, float]],
    examples: list[bytes],
    tmp_path: Path,
) -> None:
    name = "every_kind_of_variable"
    run = runs(name)
    receivers = {tf.estimator.ModeKeys.EVAL: eval_exports.receiver(run.columns)}
    made = run.estimator.experimental_export_all_saved_models(str(tmp_path / "eval"), receivers)
    graph = eval_graph.read(SavedModel(made.decode()))
    checkpoints = find_checkpoints(str(run.model_run))
    exported = SavedModel(str(run.export))
    sources = EvalSources(graph, exported, checkpoints)
    models = [sources.of(ModelSource(c.name, exported, c.prefix)) for c in checkpoints]
    data = str(tfrecords.write(tmp_path / "examples.tfrecord", examples[:EXAMPLES]))
    half = (EXAMPLES + 1) // 2
    reading = Pass(lambda: read_with_places(data, None, (), half), half)
    found, _ = compute(graph, models, reading, frozenset())
    for model in models:
        expected = {**evaluated(name, model.weights)}
        del expected["global_step"]
        assert found[model.name].values == pytest.approx(expected, rel=1e-6)
