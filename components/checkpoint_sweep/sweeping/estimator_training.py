"""Sweeps the checkpoints of an Estimator from within its training."""

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.sweeping.during_training import TrainingSweep
from checkpoint_sweep.sweeping.estimator_bases import base
from checkpoint_sweep.sweeping.options import SweepOptions
from checkpoint_sweep.sweeping.stopping import PASSED, STOP, request_stop

_CheckpointSaverListener: Any = base("CheckpointSaverListener")
_Exporter: Any = base("Exporter")


class SweepListener(_CheckpointSaverListener):
    """Evaluates each checkpoint that `tf.estimator.Estimator.train` has just saved.

        listener = SweepListener(
            estimator,
            serving_input_receiver_fn,
            SweepOptions("eval.tfrecord", "eval_config.pbtxt", "auc"),
        )
        estimator.train(input_fn, max_steps=4000, saving_listeners=[listener])
        print(listener.result.reason, listener.result.model)

    Training waits for it. What is wrong with the arguments ends it at its first checkpoint; an
    evaluation that fails later is a warning. With the policy `EarliestEligible`, training stops
    when a checkpoint has passed every threshold.

    Args:
        estimator: Estimator whose `model_dir` has the checkpoints.
        serving_input_receiver_fn: Function as for `Estimator.export_saved_model`.
        options: Options of each sweep; their examples are not to be trained on.
        patience: Number of checkpoints that may come after the earliest that is tied with the
            best before training stops; None for any number.
        eval_input_receiver_fn: Function that receives serialized examples in mode EVAL, as that of
            `tfma.export.build_parsing_eval_input_receiver_fn`: then the metrics of the model
            function are computed too, as `model_fn/NAME`. None for TFMA's alone.

    Raises:
        EstimatorError: TensorFlow has no Estimator.
    """

    def __init__(
        self,
        estimator: "tf.estimator.Estimator",
        serving_input_receiver_fn: Callable[[], Any],
        options: SweepOptions,
        *,
        patience: int | None = None,
        eval_input_receiver_fn: Callable[[], Any] | None = None,
    ) -> None:
        receivers = serving_input_receiver_fn, eval_input_receiver_fn
        self._sweep = TrainingSweep(
            estimator.model_dir,
            lambda directory: _export(estimator, directory, *receivers),
            options,
            patience,
            has_eval_graph=eval_input_receiver_fn is not None,
        )

    @property
    def result(self) -> SweepResult | None:
        """The result of the last sweep; None before the first."""
        return self._sweep.result

    def after_save(self, session: tf.compat.v1.Session, global_step_value: int) -> bool:
        """Evaluates the checkpoint; whether training is to stop."""
        self._sweep.evaluate_new()
        return not self._sweep.improves


class SweepExporter(_Exporter):
    """Exports the best of all checkpoints in `tf.estimator.train_and_evaluate`.

        exporter = SweepExporter(
            "best_of_all",
            serving_input_receiver_fn,
            SweepOptions("eval.tfrecord", "eval_config.pbtxt", "auc"),
        )
        eval_spec = tf.estimator.EvalSpec(eval_input_fn, exporters=[exporter])
        tf.estimator.train_and_evaluate(estimator, train_spec, eval_spec)

    Where `BestExporter` compares the checkpoints that `train_and_evaluate` has evaluated, this
    evaluates all that are there when it is called. The chosen one is exported when training ends;
    with the policy `EarliestEligible` as soon as a checkpoint has passed every threshold, and
    training stops where its `TrainSpec` has `hooks=[stop_hook("MODEL_DIR-sweep/stop")]`, since an
    exporter cannot stop it.

    Args:
        name: Name of the folder in `export/` of the model's directory.
        serving_input_receiver_fn: Function as for `Estimator.export_saved_model`.
        options: Options of each sweep; their examples are not to be trained on.
        eval_input_receiver_fn: Function as for `SweepListener`; None for TFMA's metrics alone.

    Raises:
        EstimatorError: TensorFlow has no Estimator.
    """

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        options: SweepOptions,
        *,
        eval_input_receiver_fn: Callable[[], Any] | None = None,
    ) -> None:
        self._name = name
        self._receivers = serving_input_receiver_fn, eval_input_receiver_fn
        self._options = options
        self._sweep: TrainingSweep | None = None
        self._is_settled = False

    @property
    def name(self) -> str:
        """The name of the folder in `export/`."""
        return self._name

    @property
    def result(self) -> SweepResult | None:
        """The result of the last sweep; None before the first."""
        return self._sweep.result if self._sweep else None

    def export(
        self,
        estimator: "tf.estimator.Estimator",
        export_path: str,
        checkpoint_path: str,
        eval_result: Any,
        is_the_final_export: bool,
    ) -> str | None:
        """Evaluates what is new, and exports the chosen checkpoint when training ends or may end.

        Args:
            estimator: Estimator whose `model_dir` has the checkpoints.
            export_path: Directory for the exports.
            checkpoint_path: Path of the newest checkpoint.
            eval_result: Metrics of the Estimator, which are not used.
            is_the_final_export: Whether training has ended.

        Returns:
            The folder of the exported model; None before the end, if none was chosen, or if it
            was exported before.
        """
        if self._sweep is None:
            self._sweep = TrainingSweep(
                estimator.model_dir,
                lambda directory: _export(
                    estimator, directory, *self._receivers, checkpoint_path=checkpoint_path
                ),
                self._options,
                has_eval_graph=self._receivers[1] is not None,
            )
        if self._is_settled:
            return None
        self._sweep.evaluate_new()
        self._is_settled = self._sweep.is_settled
        if self._is_settled:
            request_stop(os.path.join(self._sweep.output, STOP), PASSED)
        chosen = self.result.model if self.result else None
        if chosen is None or not (is_the_final_export or self._is_settled):
            return None
        target = os.path.join(export_path, str(int(time.time())))
        with replacing(target) as scratch:
            shutil.copytree(chosen, scratch)
        return target


def _export(
    estimator: "tf.estimator.Estimator",
    directory: str,
    serving_input_receiver_fn: Callable[[], Any],
    eval_input_receiver_fn: Callable[[], Any] | None,
    checkpoint_path: str | None = None,
) -> None:
    """Exports the serving graph, and the eval graph where there is a function for it."""
    if eval_input_receiver_fn is None:
        estimator.export_saved_model(
            directory, serving_input_receiver_fn, checkpoint_path=checkpoint_path
        )
        return
    modes = tf.estimator.ModeKeys
    estimator.experimental_export_all_saved_models(
        directory,
        {modes.PREDICT: serving_input_receiver_fn, modes.EVAL: eval_input_receiver_fn},
        checkpoint_path=checkpoint_path,
    )
