"""Trainings that evaluate their own checkpoints, each once, and are not disturbed by it."""

import json
import logging
import runpy
import shutil
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep import (
    Direction,
    EarliestEligible,
    Selection,
    SweepCallback,
    SweepExporter,
    SweepListener,
    stop_hook,
    sweep,
)
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.sweeping import run_watcher
from pipeline.problems.problem import repository
from tests.checkpoint_sweep.sweeping.conftest import Files
from tests.support import estimator_run, eval_exports, keras_run

pytestmark = pytest.mark.slow

STEPS = [0, 5, 10]


def _estimator(directory: Path, keep: int = 1) -> tf.estimator.Estimator:
    config = tf.estimator.RunConfig(
        str(directory), tf_random_seed=1, save_checkpoints_steps=5, keep_checkpoint_max=keep
    )
    return tf.estimator.Estimator(estimator_run.model_fn, config=config)


@pytest.fixture
def input_fn(examples: list[bytes]) -> Any:
    def data() -> tf.data.Dataset:
        spec = estimator_run.FEATURES | {estimator_run.LABEL: tf.io.FixedLenFeature([], tf.int64)}
        batches = tf.data.Dataset.from_tensor_slices(examples).repeat().batch(50)
        return batches.map(lambda batch: tf.io.parse_example(batch, spec)).map(
            lambda columns: (columns, columns.pop(estimator_run.LABEL))
        )

    return data


@pytest.fixture
def receiver_fn() -> Any:
    return tf.estimator.export.build_parsing_serving_input_receiver_fn(estimator_run.FEATURES)


def _example(name: str, function: str = "train") -> Any:
    """A function of a file in `examples/`, which documents show."""
    return runpy.run_path(str(repository() / "examples" / f"{name}.py"))[function]


def _fresh(output: Path) -> list[int]:
    """The steps that the last sweep has evaluated itself."""
    ledger = json.loads((next(output.glob("0*")) / "ledger.json").read_text())
    return [entry["step"] for entry in ledger["checkpoints"] if not entry["reused"]]


def test_an_estimator_that_keeps_one_checkpoint_has_all_evaluated_once(
    files: Files, input_fn: Any, receiver_fn: Any, tmp_path: Path
) -> None:
    fresh: list[list[int]] = []

    class After(tf.estimator.CheckpointSaverListener):
        def after_save(self, session: Any, global_step_value: int) -> None:
            fresh.append(_fresh(files.output))

    estimator = _estimator(tmp_path / "training")
    listener = SweepListener(estimator, receiver_fn, files.options())
    estimator.train(input_fn, max_steps=10, saving_listeners=[listener, After()])
    assert listener.result is not None
    assert [verdict.step for verdict in listener.result.verdicts] == STEPS
    assert fresh == [[step] for step in STEPS]


def test_a_listener_does_not_change_the_training(
    files: Files, input_fn: Any, receiver_fn: Any, tmp_path: Path
) -> None:
    _estimator(tmp_path / "plain").train(input_fn, max_steps=1)
    shutil.copytree(tmp_path / "plain", tmp_path / "swept by itself")
    plain, estimator = (_estimator(tmp_path / name) for name in ("plain", "swept by itself"))
    listener = SweepListener(estimator, receiver_fn, files.options())
    estimator.train(input_fn, max_steps=9, saving_listeners=[listener])
    plain.train(input_fn, max_steps=9)
    assert listener.result is not None
    for name in plain.get_variable_names():
        expected = plain.get_variable_value(name)
        np.testing.assert_allclose(estimator.get_variable_value(name), expected, 1e-4, 1e-6, name)


def test_the_choice_of_a_canned_estimator_is_that_of_a_later_sweep(
    files: Files, input_fn: Any, tmp_path: Path
) -> None:
    columns = [tf.feature_column.numeric_column("fare")]
    make, make_receiver_fn, export_untrained = (
        _example("training/estimator_setup", name)
        for name in ("make", "receiver_fn", "export_untrained")
    )
    receiver_fn = make_receiver_fn(columns)
    estimator = make(columns, str(tmp_path / "training"))
    exported = export_untrained(estimator, input_fn, receiver_fn, str(tmp_path / "export"))
    assert tf.saved_model.contains_saved_model(exported.decode())
    predicting = 'label_key: "big_tipper" signature_name: "predict" prediction_key: "logistic"'
    text = files.config.read_text()
    files.config.write_text(text.replace('label_key: "big_tipper"', predicting))
    train = _example("training/estimator_listener")
    trained = train(estimator, input_fn, receiver_fn, steps=10, options=files.options())
    later = sweep(
        str(tmp_path / "training"),
        str(files.output / "export"),
        files.options(output=str(tmp_path / "later")),
    )
    values = [[(v.step, v.value, v.reason) for v in result.verdicts] for result in (trained, later)]
    assert values[0] == values[1]
    assert trained.chosen == later.chosen


def test_a_training_without_improvement_stops(
    files: Files, input_fn: Any, receiver_fn: Any, tmp_path: Path
) -> None:
    estimator = _estimator(tmp_path / "training")
    listener = SweepListener(estimator, receiver_fn, files.options(), patience=1)
    estimator.train(input_fn, max_steps=100, saving_listeners=[listener])
    assert estimator.get_variable_value("global_step") < 100


def test_a_training_stops_when_a_checkpoint_passes(
    files: Files, input_fn: Any, receiver_fn: Any, tmp_path: Path
) -> None:
    """By an exporter, which cannot stop it itself: the listener's way is that of the patience."""
    estimator = _estimator(tmp_path / "training")
    first = Selection("auc", policy=EarliestEligible())
    exporter = SweepExporter("first", receiver_fn, files.options(select=first))
    stop = str(files.output / "stop")
    tf.estimator.train_and_evaluate(
        estimator,
        tf.estimator.TrainSpec(input_fn, max_steps=100, hooks=[stop_hook(stop)]),
        tf.estimator.EvalSpec(input_fn, steps=1, exporters=[exporter], throttle_secs=0),
    )
    assert estimator.get_variable_value("global_step") < 100
    assert exporter.result is not None
    assert exporter.result.step == 5  # Which the exporter is called with first.
    (exported,) = (tmp_path / "training/export/first").iterdir()
    assert tf.saved_model.contains_saved_model(str(exported))


def test_bad_arguments_end_a_training_at_its_first_checkpoint(
    files: Files, input_fn: Any, receiver_fn: Any, tmp_path: Path
) -> None:
    estimator = _estimator(tmp_path / "training")
    listener = SweepListener(estimator, receiver_fn, files.options(select="acu"))
    with pytest.raises(UserError, match="does not compute 'acu'"):
        estimator.train(input_fn, max_steps=10, saving_listeners=[listener])
    assert estimator.get_variable_value("global_step") == 0


def test_a_sweep_that_fails_during_training_is_a_warning(
    files: Files,
    input_fn: Any,
    receiver_fn: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Breaking(tf.estimator.CheckpointSaverListener):
        def after_save(self, session: Any, global_step_value: int) -> None:
            def full(*_: object, **__: object) -> None:
                raise OSError("no space left")

            monkeypatch.setattr(run_watcher, "sweep", full)

    estimator = _estimator(tmp_path / "training")
    listener = SweepListener(estimator, receiver_fn, files.options())
    with caplog.at_level(logging.WARNING):
        estimator.train(input_fn, max_steps=10, saving_listeners=[listener, Breaking()])
    assert estimator.get_variable_value("global_step") == 10
    assert "The checkpoints are not evaluated." in caplog.text
    assert listener.result is not None
    assert len(listener.result.verdicts) == 1


def test_train_and_evaluate_exports_the_best_of_all(
    files: Files, input_fn: Any, receiver_fn: Any, tmp_path: Path
) -> None:
    estimator = _estimator(tmp_path / "training", keep=9)
    train = _example("training/estimator_exporter")
    train_spec = tf.estimator.TrainSpec(input_fn, max_steps=10)
    result = train(estimator, train_spec, input_fn, receiver_fn, options=files.options())
    assert [verdict.step for verdict in result.verdicts] == STEPS
    (exported,) = (tmp_path / "training/export/best").iterdir()
    assert exported.name.isdigit()
    assert tf.saved_model.contains_saved_model(str(exported))


def test_train_and_evaluate_exports_the_best_by_a_metric_of_the_model_function(
    files: Files, input_fn: Any, tmp_path: Path
) -> None:
    estimator = _estimator(tmp_path / "training", keep=9)
    train = _example("training/estimator_own_metrics")
    by_precision = Selection("precision_at_1", direction=Direction.HIGHER_IS_BETTER)
    result = train(
        estimator,
        tf.estimator.TrainSpec(input_fn, max_steps=10),
        input_fn,
        eval_exports.COLUMNS,
        estimator_run.LABEL,
        options=files.options(select=by_precision),
    )
    assert str(result.selection.metric_name) == "model_fn/precision_at_1"
    assert [verdict.value is not None for verdict in result.verdicts] == [True] * len(STEPS)


def test_a_keras_training_has_every_epoch_evaluated(files: Files, tmp_path: Path) -> None:
    model = keras_run.sequential()
    model.compile("sgd", "binary_crossentropy")
    saver = tf.keras.callbacks.ModelCheckpoint(
        str(tmp_path / "training/ckpt-{epoch}"), save_weights_only=True
    )
    callback = SweepCallback(
        str(tmp_path / "training"),
        lambda directory: keras_run.saved_model(directory, model),
        files.options(),
    )
    x = np.random.default_rng(0).uniform(size=(32, 2)).astype(np.float32)
    model.fit(x, x[:, 0] > x[:, 1], epochs=3, callbacks=[saver, callback], verbose=0)
    assert callback.result is not None
    assert [verdict.step for verdict in callback.result.verdicts] == [1, 2, 3]


def test_an_export_without_a_model_is_refused(files: Files, tmp_path: Path) -> None:
    model = keras_run.sequential()
    model.compile("sgd", "binary_crossentropy")
    callback = SweepCallback(str(tmp_path / "training"), lambda directory: None, files.options())
    with pytest.raises(UserError, match="has left 0 SavedModels"):
        model.fit(np.ones([4, 2]), np.ones(4), callbacks=[callback], verbose=0)
    assert not [path for path in files.output.iterdir() if path.name.startswith("export")]


def test_a_legacy_trainer_fn_is_called_by_a_run_fn(
    trained: estimator_run.EstimatorRun,
    input_fn: Any,
    receiver_fn: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def trainer_fn(fn_args: Any, schema: Any) -> dict[str, Any]:
        assert schema.feature[0].name == "fare"
        config = tf.estimator.RunConfig(fn_args.model_run_dir)
        return {
            "estimator": tf.estimator.Estimator(estimator_run.model_fn, config=config),
            "train_spec": tf.estimator.TrainSpec(input_fn, max_steps=estimator_run.STEPS[-1]),
            "eval_spec": tf.estimator.EvalSpec(input_fn, steps=1),
        }

    module = types.ModuleType("my_trainer")
    vars(module).update(trainer_fn=trainer_fn, serving_input_receiver_fn=receiver_fn)
    monkeypatch.setitem(sys.modules, "my_trainer", module)
    run, serving, schema = tmp_path / "run", tmp_path / "model/Format-Serving", tmp_path / "schema"
    shutil.copytree(trained.model_run, run)  # It is trained: no step is left.
    schema.write_text('feature { name: "fare" type: FLOAT }')
    _example("tfx/legacy_trainer", "run_fn")(
        types.SimpleNamespace(
            schema_path=str(schema), model_run_dir=str(run), serving_model_dir=str(serving)
        )
    )
    assert tf.saved_model.contains_saved_model(str(serving))
