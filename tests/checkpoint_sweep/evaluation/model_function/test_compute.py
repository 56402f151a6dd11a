"""The model function's metrics of checkpoints are those of `Estimator.evaluate`."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.inputs.reader import read_with_places
from checkpoint_sweep.evaluation.jackknife import folds
from checkpoint_sweep.evaluation.model_function.compute import Computed, Pass, compute
from checkpoint_sweep.saved_model import eval_graph
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.support import eval_exports, tfrecords
from tests.support.estimator_run import EstimatorRun

_BATCH_SIZE = 64  # It divides neither all of the examples, nor those of a file.
_SUMS = frozenset({"auc", "accuracy", "precision_at_1", "mean_loss", "loss"})
_STEPS = (0, 60)


def _sources(trained: EstimatorRun) -> list[ModelSource]:
    exported = SavedModel(str(trained.export))
    prefix = trained.model_run / "model.ckpt"
    return [ModelSource(f"step-{step}", exported, f"{prefix}-{step}") for step in _STEPS]


def _pass(files: list[Path], batch_size: int = _BATCH_SIZE) -> Pass:
    def read():
        for number, path in enumerate(files):
            yield from read_with_places(str(path), None, (), batch_size, number)

    return Pass(read, batch_size)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, examples: list[bytes]) -> list[Path]:
    folder = tmp_path_factory.mktemp("examples")
    paths = [folder / "1.tfrecord", folder / "2.tfrecord"]
    tfrecords.write(paths[0], examples[:130])
    tfrecords.write(paths[1], examples[130:])
    return paths


@pytest.fixture(scope="module")
def computed(trained: EstimatorRun, eval_model: Path, files: list[Path]) -> dict[str, Computed]:
    """The metrics of two checkpoints, with those that are left out."""
    graph = eval_graph.read(SavedModel(str(eval_model)))
    found, failed = compute(graph, _sources(trained), _pass(files), frozenset(graph.names))
    assert not failed
    return found


@pytest.mark.parametrize("step", _STEPS)
def test_values_are_those_of_estimator_evaluate(
    computed: dict[str, Computed], trained: EstimatorRun, examples: list[bytes], step: int
) -> None:
    checkpoint = str(trained.model_run / f"model.ckpt-{step}")
    expected = eval_exports.evaluated(trained.estimator, checkpoint, examples, _BATCH_SIZE)
    assert computed[f"step-{step}"].values == pytest.approx(expected, rel=1e-6)


def test_an_eval_saved_model_gives_the_same(
    computed: dict[str, Computed], trained: EstimatorRun, files: list[Path], tmp_path: Path
) -> None:
    graph = eval_graph.read(SavedModel(str(eval_exports.for_tfma(trained.estimator, tmp_path))))
    found, _ = compute(graph, _sources(trained)[:1], _pass(files), frozenset())
    assert found["step-0"].values == pytest.approx(computed["step-0"].values, rel=1e-6)


def test_values_without_a_fold_are_those_of_the_other_examples(
    computed: dict[str, Computed], eval_model: Path, trained: EstimatorRun, files: list[Path]
) -> None:
    reading = _pass(files)
    batches = list(reading.batches())
    others = [b.filter(pa.array(folds.of_examples(b) != 3)) for b in batches]
    graph = eval_graph.read(SavedModel(str(eval_model)))
    expected, _ = compute(
        graph, _sources(trained)[1:], Pass(lambda: iter(others), _BATCH_SIZE), frozenset()
    )
    whole, without = computed["step-60"], expected["step-60"]
    assert whole.left_out.keys() == _SUMS
    assert sum(whole.examples) - whole.examples[3] == sum(b.num_rows for b in others)
    for name in _SUMS - {"loss"}:
        assert whole.left_out[name][3] == pytest.approx(without.values[name], rel=1e-5), name
    # That of the loss is around the mean over batches.
    shift = whole.values["loss"] - whole.loss_by_example
    assert whole.left_out["loss"][3] == pytest.approx(without.loss_by_example + shift, rel=1e-5)


def test_a_metric_whose_state_is_no_sum_has_no_errors(
    computed: dict[str, Computed],
) -> None:
    assert "largest" in computed["step-60"].values
    assert "largest" not in computed["step-60"].left_out


def _needs_other_weights() -> tuple[dict, dict]:
    examples = tf.compat.v1.placeholder(tf.string, [None], "examples")
    weight = tf.compat.v1.get_variable("other", initializer=0.0)
    value, update = tf.compat.v1.metrics.mean(weight * tf.ones(tf.size(examples)))
    tf.compat.v1.get_default_session().run(tf.compat.v1.global_variables_initializer())
    return {"examples": examples}, {"metrics/m/value": value, "metrics/m/update_op": update}


def test_weights_that_the_graph_restores_and_no_checkpoint_has_are_named(
    trained: EstimatorRun, files: list[Path], tmp_path: Path
) -> None:
    directory = eval_exports.by_hand(tmp_path / "eval", _needs_other_weights)
    graph = eval_graph.read(SavedModel(str(directory)))
    found, failed = compute(graph, _sources(trained), _pass(files), frozenset())
    assert not found
    assert failed["step-0"] == "its weights lack other, which the eval graph restores"


def test_a_model_that_fails_leaves_the_others_their_values(
    trained: EstimatorRun, eval_model: Path, files: list[Path], tmp_path: Path
) -> None:
    sources = _sources(trained)
    graph = eval_graph.read(SavedModel(str(eval_model)))
    gone = ModelSource("gone", sources[0].saved_model, str(tmp_path / "model.ckpt-9"))
    found, failed = compute(graph, [gone, sources[1]], _pass(files), frozenset())
    assert failed.keys() == {"gone"}
    assert np.isfinite(found["step-60"].values["auc"])
