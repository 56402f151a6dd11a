"""Models, exports and checkpoints that Keras 3 itself has made."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep import Direction, Selection, SweepOptions
from checkpoint_sweep.evaluation.predict import LoadedModels
from checkpoint_sweep.model_run.checkpoints import CheckpointError, find_checkpoints
from checkpoint_sweep.model_run.exported_model import ExportedModelError
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from pipeline.problems.problem import repository
from tests.support import tfrecords
from tests.support.candidates import make_candidates

pytestmark = pytest.mark.skipif(
    not keras.__version__.startswith("3."), reason="it needs Keras 3, as on Python 3.12"
)
STEPS = (1, 2, 3)
X = np.random.default_rng(0).uniform(size=(20, 2)).astype(np.float32)


def _sequential() -> Any:
    layers = [keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([keras.Input([2]), *layers])


def _nested() -> Any:
    inner = keras.Sequential([keras.layers.Dense(3), keras.layers.BatchNormalization()])
    inputs = keras.Input([2])
    hidden = keras.layers.BatchNormalization()(keras.ops.tanh(inner(inputs)))
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))


class Subclassed(keras.Model):  # type: ignore[misc]
    def __init__(self, in_list: bool = False) -> None:
        super().__init__()
        parts = [keras.layers.Dense(3), keras.layers.BatchNormalization()]
        if in_list:
            self.parts = parts
        else:
            self.hidden, self.norm = parts
        self.head = keras.layers.Dense(1, activation="sigmoid")
        self.in_list = in_list

    def call(self, inputs: Any, training: bool = False) -> Any:
        hidden, norm = self.parts if self.in_list else (self.hidden, self.norm)
        return self.head(norm(hidden(inputs), training=training))


def _subclassed(in_list: bool = False) -> Any:
    model = Subclassed(in_list)
    model(X)
    return model


def _set_weights(model: Any, step: int) -> None:
    random = np.random.default_rng(step)
    for variable in model.weights:
        variable.assign(random.uniform(0.2, 1.0, variable.shape).astype(np.float32))


def _export(directory: Path, model: Any) -> None:
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serve", lambda x: {"p": model(x)}, input_signature=[tf.TensorSpec([None, 2], tf.float32)]
    )
    archive.write_out(str(directory))


def _save(directory: Path, model: Any) -> None:
    """Saves as a training does: the optimizer beside the model."""
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
    for step in STEPS:
        _set_weights(model, step)
        checkpoint.write(str(directory / f"ckpt-{step}"))


@pytest.mark.parametrize("build", [_sequential, _nested, _subclassed])
def test_every_candidate_predicts_as_its_checkpoint(
    build: Callable[[], Any], tmp_path: Path
) -> None:
    model = build()
    (tmp_path / "run").mkdir()
    _save(tmp_path / "run", model)
    _export(tmp_path / "export", model)
    checkpoints = find_checkpoints(str(tmp_path / "run"))
    found = make_candidates(SavedModel(str(tmp_path / "export")), checkpoints, checkpoints)
    assert (tuple(found.sources), found.skipped) == (STEPS, {})
    outputs = LoadedModels(list(found.sources.values())).predict(_fed(found.sources[1], X))
    seen = []
    for (step, source), output in zip(found.sources.items(), outputs, strict=True):
        _set_weights(model, step)
        expected = np.asarray(model(X))
        np.testing.assert_allclose(output["p"], expected, rtol=1e-5)
        # Both copies of each variable are swapped: by signature, and as the object that is loaded.
        written = str(tmp_path / f"written-{step}")
        write_saved_model(source, written)
        loaded = tf.saved_model.load(written)
        np.testing.assert_allclose(loaded.serve(X)["p"], expected, rtol=1e-5)
        signature = loaded.signatures["serving_default"]
        np.testing.assert_allclose(signature(tf.constant(X))["p"], expected, rtol=1e-5)
        seen.append(expected)
    assert not np.allclose(seen[0], seen[1])


def _fed(source: Any, values: np.ndarray) -> dict[str, np.ndarray]:
    (name,) = source.saved_model.signatures["serving_default"].inputs
    return {name: values}


def test_a_model_with_layers_in_a_list_is_refused(tmp_path: Path) -> None:
    """`tf.train.Checkpoint` of Keras 3 omits them."""
    model = _subclassed(in_list=True)
    (tmp_path / "run").mkdir()
    _save(tmp_path / "run", model)
    _export(tmp_path / "export", model)
    checkpoints = find_checkpoints(str(tmp_path / "run"))
    with pytest.raises(ExportedModelError, match=r"equal no tensor: .*moving_mean"):
        make_candidates(SavedModel(str(tmp_path / "export")), checkpoints, checkpoints)


def test_what_tf_saved_model_save_makes_of_a_model_is_refused(tmp_path: Path) -> None:
    model = _sequential()
    (tmp_path / "run").mkdir()
    _save(tmp_path / "run", model)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def serve(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"p": model(x)}

    tf.saved_model.save(model, str(tmp_path / "export"), signatures=serve)
    checkpoints = find_checkpoints(str(tmp_path / "run"))
    with pytest.raises(ExportedModelError, match=r"export with keras\.export\.ExportArchive"):
        make_candidates(SavedModel(str(tmp_path / "export")), checkpoints, checkpoints)


def _serve(model: Any) -> Any:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        features = {"x": tf.io.FixedLenFeature([2], tf.float32)}
        return {"probability": model(tf.io.parse_example(examples, features)["x"])}

    return serve


def _serialized(x: np.ndarray, label: bool) -> bytes:
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.extend(x)
    example.features.feature["label"].int64_list.value.append(int(label))
    return bytes(example.SerializeToString())


def test_a_training_has_every_epoch_evaluated(tmp_path: Path) -> None:
    """By the example that the documents show."""
    train = runpy.run_path(str(repository() / "examples/training/keras3.py"))["train"]
    x = np.random.default_rng(1).uniform(size=(200, 2)).astype(np.float32)
    labels = x[:, 0] > 0.7 * x[:, 1]
    tfrecords.write(tmp_path / "eval.tfrecord", list(map(_serialized, x, labels)))
    config = tmp_path / "eval_config.pbtxt"
    config.write_text(
        'model_specs { label_key: "label" } slicing_specs {} '
        'metrics_specs { metrics { class_name: "BinaryAccuracy" } }'
    )
    output = str(tmp_path / "swept")
    select = Selection("binary_accuracy", direction=Direction.HIGHER_IS_BETTER)
    options = SweepOptions(str(tmp_path / "eval.tfrecord"), str(config), select, output=output)
    model = _sequential()
    model.compile("sgd", "binary_crossentropy")
    result = train(model, x, labels, _serve(model), 2, options, run=str(tmp_path / "run"))
    assert [verdict.step for verdict in result.verdicts] == [1, 2]
    accuracy = np.mean((np.asarray(model(x))[:, 0] > 0.5) == labels)
    assert result.verdicts[-1].value == pytest.approx(accuracy)


def test_weights_that_model_checkpoint_has_written_become_checkpoints(tmp_path: Path) -> None:
    run = tmp_path / "run"
    model = _sequential()
    model.compile("sgd", "binary_crossentropy")
    saver = keras.callbacks.ModelCheckpoint(
        str(run / "ckpt-{epoch}.weights.h5"), save_weights_only=True
    )
    model.fit(X, X[:, 0] > X[:, 1], epochs=2, callbacks=[saver], verbose=0)
    with pytest.raises(CheckpointError, match=r"ckpt-1\.weights\.h5 is a Keras file"):
        find_checkpoints(str(run))
    expected = []
    for epoch in (1, 2):
        model.load_weights(run / f"ckpt-{epoch}.weights.h5")
        tf.train.Checkpoint(model=model).write(str(run / f"ckpt-{epoch}"))
        expected.append(np.asarray(model(X)))
    _export(tmp_path / "export", model)
    checkpoints = find_checkpoints(str(run))
    found = make_candidates(SavedModel(str(tmp_path / "export")), checkpoints, checkpoints)
    assert (tuple(found.sources), found.skipped) == ((1, 2), {})
    outputs = LoadedModels(list(found.sources.values())).predict(_fed(found.sources[1], X))
    np.testing.assert_allclose([output["p"] for output in outputs], expected, rtol=1e-5)
