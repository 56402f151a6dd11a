"""What an Estimator's training takes to sweep its own checkpoints, and to stop."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping.during_training import TrainingSweep
from checkpoint_sweep.sweeping.sweep import SweepResult


class SweepListener(tf.estimator.CheckpointSaverListener):
    """For `tf.estimator.Estimator.train(saving_listeners=[...])`: evaluates what was just saved.

        listener = SweepListener(
            estimator, serving_input_receiver_fn, "eval.tfrecord", "eval_config.pbtxt", "auc"
        )
        estimator.train(input_fn, max_steps=4000, saving_listeners=[listener])
        print(listener.result.reason, listener.result.model)

    Training waits for it. What is wrong with the arguments ends it at its first checkpoint; an
    evaluation that fails later is a warning.

    Args:
        estimator: whose `model_dir` has the checkpoints.
        serving_input_receiver_fn: as for `Estimator.export_saved_model`.
        examples: to evaluate on, and not to train on; see `sweep`.
        config: see `sweep`.
        select: see `sweep`.
        patience: training stops when so many checkpoints have come after the earliest that cannot
            be told from the best; None for never.
        **options: see `sweep`.
    """

    def __init__(
        self,
        estimator: tf.estimator.Estimator,
        serving_input_receiver_fn: Callable[[], Any],
        examples: str | Sequence[str],
        config: str | tfma.EvalConfig,
        select: str | Selection,
        *,
        patience: int | None = None,
        **options: Any,
    ) -> None:
        self._sweep = TrainingSweep(
            estimator.model_dir,
            lambda directory: estimator.export_saved_model(directory, serving_input_receiver_fn),
            examples,
            config,
            select,
            patience=patience,
            **options,
        )

    @property
    def result(self) -> SweepResult | None:
        """The last one; None before the first."""
        return self._sweep.result

    def after_save(self, session: tf.compat.v1.Session, global_step_value: int) -> bool:
        """Evaluates; whether training is to stop."""
        self._sweep.look()
        return not self._sweep.improves


class SweepExporter(tf.estimator.Exporter):
    """For `tf.estimator.EvalSpec(exporters=[...])`: exports the best of all checkpoints.

    Where `BestExporter` compares those that `train_and_evaluate` has evaluated, this evaluates all
    that are there when it is called. The chosen one is exported when training ends.

    Args:
        name: of the folder in `export/` of the model's directory.
        serving_input_receiver_fn: as for `Estimator.export_saved_model`.
        examples: to evaluate on, and not to train on; see `sweep`.
        config: see `sweep`.
        select: see `sweep`.
        **options: see `sweep`.
    """

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        examples: str | Sequence[str],
        config: str | tfma.EvalConfig,
        select: str | Selection,
        **options: Any,
    ) -> None:
        self._name = name
        self._receiver_fn = serving_input_receiver_fn
        self._given = (examples, config, select)
        self._options = options
        self._sweep: TrainingSweep | None = None

    @property
    def name(self) -> str:
        """See the class."""
        return self._name

    @property
    def result(self) -> SweepResult | None:
        """The last one; None before the first."""
        return self._sweep.result if self._sweep else None

    def export(
        self,
        estimator: tf.estimator.Estimator,
        export_path: str,
        checkpoint_path: str,
        eval_result: Any,
        is_the_final_export: bool,
    ) -> str | None:
        """Evaluates; at the end the folder of the chosen one, None before or if none is."""
        if self._sweep is None:
            self._sweep = TrainingSweep(
                estimator.model_dir,
                lambda directory: estimator.export_saved_model(
                    directory, self._receiver_fn, checkpoint_path=checkpoint_path
                ),
                *self._given,
                **self._options,
            )
        self._sweep.look()
        chosen = self.result.model if self.result else None
        if not is_the_final_export or chosen is None:
            return None
        target = os.path.join(export_path, str(int(time.time())))
        with replacing(target) as scratch:
            shutil.copytree(chosen, scratch)
        return target
