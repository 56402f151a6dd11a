"""One short training: its export, and that all ways of evaluating it agree."""

import math
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from benchmarks.resnet import digits_slim
from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.metrics.batch_metric import FormulaCombiner
from checkpoint_sweep.model_run.averaging import Averager
from checkpoint_sweep.saved_model.model_source import VARIABLES, ModelSource
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from pipeline.problems.digits import (
    data,
    features,
    model,
    network,
)
from pipeline.problems.digits.evaluation import eval_config
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import digits_run, tfrecords
from tests.support.tensor_bundles import read_bundle

pytestmark = pytest.mark.slow

BATCH_SIZE = 64
AVERAGE = "/ExponentialMovingAverage"
# Metrics that the EstimatorSpec and the evaluation config have under the same names.
SHARED = {
    "accuracy",
    "cross_entropy",
    "top_3_accuracy",
    "precision_at_3",
    "precision/micro",
    "recall/micro",
    "auc/micro",
    *(f"precision/{number}" for number in range(features.CLASSES)),
    *(f"recall/{number}" for number in range(features.CLASSES)),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> digits_run.DigitsRun:
    return digits_run.train(tmp_path_factory.mktemp("digits"), steps=320, checkpoint_steps=80)


@pytest.fixture(scope="module")
def sources(run: digits_run.DigitsRun) -> dict[int, ModelSource]:
    candidates = run.candidates()
    assert candidates.skipped == {}
    return candidates.sources


@pytest.fixture(scope="module")
def config() -> config_pb2.EvalConfig:
    return with_defaults(eval_config(), has_baseline=False)


@pytest.fixture(scope="module")
def evaluated(
    run: digits_run.DigitsRun,
    sources: dict[int, ModelSource],
    config: config_pb2.EvalConfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[int, str]:
    """By step, the engine's results on the whole of split eval."""
    directory = str(tmp_path_factory.mktemp("engine"))
    outputs = tfma_oracle.run_engine(run.evaluated, config, list(sources.values()), directory)
    return dict(zip(sources, outputs, strict=True))


def _overall(output: str) -> dict[str, float]:
    """Metrics of all examples together: by name, and by name with a class or kind of average."""
    (record,) = (r for r in tfma.load_metrics(output) if not r.slice_key.single_slice_keys)
    found = {}
    for entry in record.metric_keys_and_values:
        key, name = entry.key, entry.key.name
        if key.HasField("sub_key"):
            name += f"/{key.sub_key.class_id.value}"
        if key.HasField("aggregation_type"):
            name += "/micro" if key.aggregation_type.micro_average else "/macro"
        if entry.value.HasField("double_value"):
            found[name] = entry.value.double_value.value
    return found


def _first_chosen_last(evaluated: dict[int, str]) -> list[int]:
    """Steps, each once."""
    loss = {step: _overall(o)["cross_entropy"] for step, o in evaluated.items()}
    return list(dict.fromkeys([min(loss), min(loss, key=loss.__getitem__), max(loss)]))


def test_the_export_holds_the_averages_under_plain_names(
    run: digits_run.DigitsRun, sources: dict[int, ModelSource]
) -> None:
    assert list(sources) == [80, 160, 240, 320]
    exported = read_bundle(str(run.export / VARIABLES))
    assert exported["global_step"] == 320
    names = set(exported) - {"global_step"}
    assert "conv1/weights" in names
    assert "conv1/BatchNorm/moving_variance" in names
    for source in sources.values():
        assert source.keys == {name: name + AVERAGE for name in names}


def test_the_exported_weights_are_averages(
    run: digits_run.DigitsRun, sources: dict[int, ModelSource]
) -> None:
    exported, trained = read_bundle(str(run.export / VARIABLES)), read_bundle(sources[320].weights)
    for name in set(exported) - {"global_step"}:
        assert not np.array_equal(exported[name], trained[name])


def test_batch_normalisation_learns_its_statistics(sources: dict[int, ModelSource]) -> None:
    trained = read_bundle(sources[320].weights)
    assert np.all(trained["conv1/BatchNorm/moving_variance"] != 1)


def test_checkpoints_with_moving_statistics_are_not_averaged(
    sources: dict[int, ModelSource], tmp_path: Path
) -> None:
    reason = Averager(sources, str(tmp_path)).make("average-last-2", [240, 320])
    assert isinstance(reason, str)
    assert reason.startswith("the moving statistics of a normalisation cannot be averaged")
    assert "conv1/BatchNorm/moving_mean, conv1/BatchNorm/moving_variance" in reason


def test_an_example_to_serve_needs_no_label(run: digits_run.DigitsRun) -> None:
    example = tf.train.Example.FromString(data.examples(1)[0])
    del example.features.feature[features.LABEL]
    serve = tf.saved_model.load(str(run.export)).signatures["serving_default"]
    (probabilities,) = serve(tf.constant([example.SerializeToString()] * 3)).values()
    assert probabilities.shape == (3, features.CLASSES)
    np.testing.assert_allclose(tf.reduce_sum(probabilities, axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("way", ["estimator.evaluate", "slim.evaluation.evaluate_once"])
def test_tf_slim_estimator_and_the_engine_agree_on_shared_metrics(
    way: str,
    run: digits_run.DigitsRun,
    sources: dict[int, ModelSource],
    evaluated: dict[int, str],
    tmp_path: Path,
) -> None:
    for step in _first_chosen_last(evaluated):
        checkpoint = sources[step].weights
        if way == "estimator.evaluate":
            params = {"network": network.SMALL}
            estimator = tf.estimator.Estimator(model.model_fn, str(tmp_path), params=params)
            theirs = estimator.evaluate(
                lambda: digits_slim.dataset([run.evaluated], 50), checkpoint_path=checkpoint
            )
        else:
            theirs = digits_slim.evaluate_once(
                checkpoint, network.SMALL, [run.evaluated], digits_run.EVALUATED, 50, str(tmp_path)
            )
        ours = _overall(evaluated[step])
        assert set(theirs) - {"loss", "global_step"} == SHARED
        # Without a prediction of a class its precision is 0 to TensorFlow, and none to TFMA.
        compared = {name: 0.0 if math.isnan(ours[name]) else ours[name] for name in SHARED}
        assert compared == pytest.approx({name: theirs[name] for name in SHARED}, abs=1e-5), step


def _first_examples(run: digits_run.DigitsRun, count: int, path: Path) -> str:
    return tfrecords.write(path, tfrecords.read(run.evaluated, "GZIP")[:count])


def test_the_engine_equals_stock_tfma(
    run: digits_run.DigitsRun,
    sources: dict[int, ModelSource],
    config: config_pb2.EvalConfig,
    tmp_path: Path,
) -> None:
    """With the same batches: the last bit of a float32 prediction depends on the batch's size."""
    examples = _first_examples(run, 60, tmp_path / "examples")
    two = [sources[80], sources[320]]
    outputs = tfma_oracle.run_engine(
        examples, config, two, str(tmp_path / "engine"), batch_size=BATCH_SIZE
    )
    for source, ours in zip(two, outputs, strict=True):
        write_saved_model(source, str(tmp_path / source.name))
        saved = ModelSource.from_saved_model(source.name, str(tmp_path / source.name))
        stock = tfma_oracle.run_tfma(
            examples, config, saved, str(tmp_path / "tfma" / source.name), batch_size=BATCH_SIZE
        )
        assert tfma_oracle.differences(tfma_oracle.load(stock), tfma_oracle.load(ours)) == []


def test_precision_at_k_needs_no_vectorized_combiner(
    run: digits_run.DigitsRun,
    sources: dict[int, ModelSource],
    config: config_pb2.EvalConfig,
    evaluated: dict[int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(FormulaCombiner, "vectorized")
    (slow,) = tfma_oracle.run_engine(run.evaluated, config, [sources[320]], str(tmp_path))
    assert _overall(slow)["precision_at_3"] > 0.3
    assert tfma_oracle.differences(tfma_oracle.load(slow), tfma_oracle.load(evaluated[320])) == []
