"""Keras runs and other object-based checkpoints: variables are found by their objects."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.predict import FusedModels, LoadedModels, SeparateModels
from checkpoint_sweep.model_run.checkpoints import CheckpointError, find_checkpoints
from checkpoint_sweep.model_run.exported_model import ExportedModelError
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.tfx_components.sweep import stock_tfma
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Sweep
from tests.support import keras_run, tfrecords
from tests.support.candidates import Candidates, make_candidates
from tests.support.keras_run import STEPS, KerasRun

pytestmark = pytest.mark.slow

RUNS = {
    "nested, manager": (keras_run.nested, keras_run.manager, keras_run.saved_model),
    "nested, manager, keras": (keras_run.nested, keras_run.manager, keras_run.keras_save),
    "nested, callback, keras": (keras_run.nested, keras_run.callback, keras_run.keras_save),
    "nested, itself, wrapped": (keras_run.nested, keras_run.itself, keras_run.wrapped),
    "sequential, callback": (keras_run.sequential, keras_run.callback, keras_run.saved_model),
    "sequential, manager, wrapped": (keras_run.sequential, keras_run.manager, keras_run.wrapped),
    "subclassed, manager": (keras_run.subclassed, keras_run.manager, keras_run.saved_model),
    "nested, manager, twice": (keras_run.nested, keras_run.manager, keras_run.export_archive),
    "module, manager": (keras_run.Module, keras_run.manager, keras_run.saved_model),
    "module, itself, wrapped": (keras_run.Module, keras_run.itself, keras_run.wrapped),
}


def _candidates(run: KerasRun) -> Candidates:
    checkpoints = find_checkpoints(str(run.model_run))
    return make_candidates(SavedModel(str(run.export)), checkpoints, checkpoints)


@pytest.mark.parametrize("name", RUNS)
def test_candidates_predict_as_the_restored_model(
    name: str, tmp_path: Path, examples: list[bytes]
) -> None:
    run = keras_run.make(tmp_path, *RUNS[name])
    found = _candidates(run)
    assert (tuple(found.sources), found.skipped) == (STEPS, {})
    batch = np.array(examples[:50], object)
    outputs = LoadedModels(list(found.sources.values())).predict({"examples": batch})
    features = keras_run.parse(tf.constant(examples[:50]))
    seen = []
    for (step, source), output in zip(found.sources.items(), outputs, strict=True):
        run.restore(source.weights)
        expected = np.asarray(run.model(features))
        np.testing.assert_allclose(output["probability"], expected, rtol=1e-5, atol=1e-7)
        written = str(tmp_path / f"written-{step}")
        write_saved_model(source, written)
        signature = tf.saved_model.load(written).signatures["serving_default"]
        served = signature(examples=tf.constant(examples[:50]))["probability"].numpy()
        np.testing.assert_allclose(served, expected, rtol=1e-5, atol=1e-7)
        seen.append(expected)
    assert not np.allclose(seen[0], seen[1])


def test_what_no_signature_reads_need_not_be_in_a_checkpoint(
    tmp_path: Path, examples: list[bytes]
) -> None:
    run = keras_run.make(tmp_path, *RUNS["nested, callback, keras"])
    sources = list(_candidates(run).sources.values())[:2]
    assert sources[0].kept
    assert all(key.startswith("keras_api/metrics/") for key in sources[0].kept)
    batch = {"examples": np.array(examples[:20], object)}
    together = FusedModels(sources).predict(batch)
    for one, other in zip(SeparateModels(sources).predict(batch), together, strict=True):
        np.testing.assert_allclose(one["probability"], other["probability"], rtol=1e-5)


def test_a_link_out_of_the_exported_model_is_refused(tmp_path: Path) -> None:
    run = keras_run.make(tmp_path, *RUNS["sequential, callback"])
    (tmp_path / "private").write_text("not to be served")
    (run.export / "assets" / "vocabulary").symlink_to(tmp_path / "private")
    with pytest.raises(ExportedModelError, match="vocabulary is a link out of the exported model"):
        _candidates(run)


def test_a_saved_model_without_keras_3s_variables_is_refused(tmp_path: Path) -> None:
    run = keras_run.make(tmp_path, keras_run.sequential, keras_run.manager, keras_run.keras3_save)
    with pytest.raises(ExportedModelError, match=r"export with keras\.export\.ExportArchive"):
        _candidates(run)


CONFIG = """
model_specs { label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "BinaryCrossentropy" }
  metrics { class_name: "BinaryAccuracy" }
  metrics { class_name: "MeanPrediction" }
}
"""


def test_results_equal_stock_tfmas_and_keras_own(tmp_path: Path, examples: list[bytes]) -> None:
    run = keras_run.make(tmp_path, *RUNS["sequential, callback"])
    sources = list(_candidates(run).sources.values())
    data = tfrecords.write(tmp_path / "examples.tfrecord", examples[:100])
    results = stock_tfma.check_first_and_last(sources, data, CONFIG, tmp_path)
    labels = stock_tfma.column(examples[:100], "big_tipper")
    run.model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    for source, result in zip((sources[0], sources[-1]), results, strict=True):
        run.restore(source.weights)
        features = keras_run.parse(tf.constant(examples[:100]))
        loss, accuracy = run.model.evaluate(features, labels, verbose=0)
        assert result["binary_crossentropy"] == pytest.approx(loss, rel=1e-5)
        assert result["binary_accuracy"] == pytest.approx(accuracy, rel=1e-5)


def test_a_sweep_chooses_and_exports_the_best_epoch(
    tmp_path: Path, sweep: Sweep, examples: list[bytes]
) -> None:
    (tmp_path / "run").mkdir()
    run = keras_run.make(tmp_path / "run", *RUNS["sequential, manager, wrapped"])
    selection = Selection("binary_crossentropy", direction=Direction.LOWER_IS_BETTER)
    swept = sweep(run, selection=selection.to_json(), floor=None)
    values = {c["step"]: c["value"] for c in swept.verdicts["checkpoints"]}
    run.model.compile(loss="binary_crossentropy")
    features = keras_run.parse(tf.constant(examples[:200]))
    labels = stock_tfma.column(examples[:200], "big_tipper")
    losses = {}
    for step in STEPS:
        run.restore(str(run.model_run / f"ckpt-{step}"))
        losses[step] = run.model.evaluate(features, labels, verbose=0)
    assert values == pytest.approx(losses, rel=1e-5)
    best = min(losses, key=lambda step: losses[step])
    assert swept.verdicts["chosen"] == f"step-{best:08d}"
    run.restore(str(run.model_run / f"ckpt-{best}"))
    exported = tf.saved_model.load(str(Path(swept.model.uri) / "Format-Serving"))
    served = exported.signatures["serving_default"](examples=tf.constant(examples[:200]))
    np.testing.assert_allclose(served["probability"], run.model(features), rtol=1e-5)


def _flat(directory: Path, model: object) -> Callable[[str], None]:
    """Checkpoints with other object paths, in which only the variables' names are the same."""
    variables = {f"v{i}": v for i, v in enumerate(reversed(model.variables))}  # type: ignore[attr-defined]
    checkpoint = tf.train.Checkpoint(**variables)
    for step in STEPS:
        keras_run.set_weights(model, step)
        checkpoint.write(str(directory / f"ckpt-{step}"))
    return lambda prefix: checkpoint.read(prefix).assert_consumed()


def _by_name(directory: Path, model: object) -> Callable[[str], None]:
    """Checkpoints of TensorFlow 1, keyed by names."""
    variables = {v.name.removesuffix(":0"): v for v in model.variables}  # type: ignore[attr-defined]
    saver = tf.compat.v1.train.Saver(variables, max_to_keep=None)
    for step in STEPS:
        keras_run.set_weights(model, step)
        saver.save(None, str(directory / "model.ckpt"), global_step=step)
    return lambda prefix: saver.restore(None, prefix)


@pytest.mark.parametrize("save", [_flat, _by_name])
def test_names_of_variables_tell_where_paths_do_not(
    save: Callable, tmp_path: Path, examples: list[bytes]
) -> None:
    run = keras_run.make(tmp_path, keras_run.nested, save, keras_run.saved_model)
    sources = _candidates(run).sources
    batch = {"examples": np.array(examples[:20], object)}
    (output,) = LoadedModels([sources[STEPS[0]]]).predict(batch)
    run.restore(sources[STEPS[0]].weights)
    expected = run.model(keras_run.parse(tf.constant(examples[:20])))
    np.testing.assert_allclose(output["probability"], expected, rtol=1e-5)


def _twice(directory: Path, model: object) -> Callable[[str], None]:
    """Checkpoints that hold the model and a copy whose weights are the same."""
    copy = keras_run.sequential()
    checkpoint = tf.train.Checkpoint(raw=model, average=copy)
    for step in STEPS:
        keras_run.set_weights(model, step)
        keras_run.set_weights(copy, step)
        checkpoint.write(str(directory / f"ckpt-{step}"))
    return lambda prefix: checkpoint.read(prefix).assert_consumed()


def test_of_two_copies_of_a_model_the_exported_one_is_found(tmp_path: Path) -> None:
    def averages(directory: Path, model: object) -> Callable[[str], None]:
        copy = keras_run.sequential()
        checkpoint = tf.train.Checkpoint(raw=copy, average=model)
        for step in STEPS:
            keras_run.set_weights(model, step)
            keras_run.set_weights(copy, step + len(STEPS))
            checkpoint.write(str(directory / f"ckpt-{step}"))
        return lambda prefix: checkpoint.read(prefix).assert_consumed()

    run = keras_run.make(tmp_path, keras_run.sequential, averages, keras_run.saved_model)
    keys = _candidates(run).sources[STEPS[0]].keys
    assert keys
    assert all(name.startswith("average/") for name in keys.values())


def _with_averages(directory: Path, model: tf.keras.Model) -> Callable[[str], None]:
    """`fit` with moving averages, which Keras puts into the model at its end."""
    model.compile(tf.keras.optimizers.Adam(use_ema=True), "binary_crossentropy")
    x = np.random.default_rng(0).uniform(size=(64, 2)).astype(np.float32)
    saver = tf.keras.callbacks.ModelCheckpoint(
        str(directory / "ckpt-{epoch}"), save_weights_only=True
    )
    model.fit(x, x[:, 0] > x[:, 1], epochs=len(STEPS), callbacks=[saver], verbose=0)
    return lambda prefix: None


def test_moving_averages_that_keras_ships_are_found_by_their_values(tmp_path: Path) -> None:
    run = keras_run.make(tmp_path, keras_run.nested, _with_averages, keras_run.saved_model)
    keys = _candidates(run).sources[STEPS[0]].keys
    names = [name for key, name in keys.items() if not name.startswith("optimizer/_variables/")]
    assert len(keys) - len(names) == len(run.model.trainable_variables)
    assert all("moving_" in name for name in names)


def _after_more_training(directory: str, model: object) -> None:
    model.layers[-1].bias.assign_add([0.5])  # type: ignore[attr-defined]
    keras_run.saved_model(directory, model)


def _without_variables(directory: str, model: object) -> None:
    module = tf.Module()
    module.constant = tf.Variable(1.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probability": tf.ones_like(examples, tf.float32)}

    tf.saved_model.save(module, directory, signatures={"serving_default": serve})


@pytest.mark.parametrize(
    ("save", "export", "message"),
    [
        pytest.param(
            keras_run.manager,
            _after_more_training,
            r"No checkpoint reproduces the weights .* In the checkpoint of step 3, 1 of 4 "
            r"variables equal no tensor: layer_with_weights-1/bias \(dense_\d+/bias\)\.",
            id="trained on after the last checkpoint",
        ),
        pytest.param(
            _twice,
            keras_run.saved_model,
            r"Several tensors may be the source .* step 3, 4 of 4 variables equal more "
            r"than one tensor: layer_with_weights-0/bias \(dense",
            id="two equal copies",
        ),
        pytest.param(
            keras_run.manager,
            _without_variables,
            "No signature of the exported model .* reads a variable.*not a frozen graph",
            id="a graph of constants",
        ),
    ],
)
def test_an_export_that_cannot_be_confirmed_is_refused(
    save: Callable, export: Callable, message: str, tmp_path: Path
) -> None:
    run = keras_run.make(tmp_path, keras_run.sequential, save, export)
    with pytest.raises(ExportedModelError, match=message):
        _candidates(run)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        pytest.param(
            lambda: tf.keras.Sequential([tf.keras.Input([2]), tf.keras.layers.Dense(3)]),
            r"it lacks net/layer_with_weights-1/bias \(dense_\d+/bias\), net/layer_with",
            id="missing",
        ),
        pytest.param(
            lambda: tf.keras.Sequential([tf.keras.Input([2]), *map(tf.keras.layers.Dense, (3, 2))]),
            r"model/layer_with_weights-1/bias \(dense_\d+/bias\) is float32 \[2\], not "
            r"float32 \[1\]",
            id="misshapen",
        ),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(
    other: Callable, message: str, tmp_path: Path
) -> None:
    run = keras_run.make(tmp_path, *RUNS["sequential, manager, wrapped"])
    tf.train.Checkpoint(model=other()).write(str(run.model_run / "ckpt-2"))
    with pytest.raises(CheckpointError, match=rf"step 2 .* is of another model: .*{message}"):
        _candidates(run)
