"""Reads what a contender has left: what it evaluated, what it chose, and how good that is."""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.metrics import roc_auc_score
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from benchmarks.side_by_side import model
from benchmarks.side_by_side.job import Job
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.sweeping.finished import read_result

SLIM, ESTIMATOR, KERAS, SWEEP = CONTENDERS = (
    "slim_evaluation_loop",
    "train_and_evaluate",
    "keras_model_checkpoint",
    "checkpoint_sweep_watch",
)


@dataclasses.dataclass(frozen=True)
class JobOutcome:
    """What a contender has left.

    Attributes:
        written: Steps of the checkpoints (for Keras, ends of epochs), in order.
        evaluated: Steps of the evaluations, in order; one that was evaluated twice is there twice.
        values: Number of metric values of one checkpoint, all slices together.
        chosen: Step of the exported model.
        auc: AUC of the exported model on the examples to evaluate on.
    """

    written: Sequence[int]
    evaluated: Sequence[int]
    values: int
    chosen: int
    auc: float

    @property
    def never_evaluated(self) -> list[int]:
        """Steps of checkpoints that were written and not evaluated."""
        return sorted(set(self.written) - set(self.evaluated))


def read_outcome(contender: str, job: Job, exported: str) -> JobOutcome:
    """Reads what a contender has left.

    Args:
        contender: One of `CONTENDERS`.
        job: Job that it was given.
        exported: Folder that it returned.
    """
    evaluated, values = _EVALUATED[contender](job)
    if contender == KERAS:
        written = sorted(set(evaluated))
        chosen = _number(job.path("best"), "optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE")
    else:
        written = [checkpoint.step for checkpoint in find_checkpoints(job.model_run)]
        chosen = _number(os.path.join(exported, "variables", "variables"), "global_step")
    return JobOutcome(written, evaluated, values, chosen, auc(exported, job))


def evaluations(contender: str, job: Job) -> list[int]:
    """Lists the steps of the evaluations so far, in order."""
    return _EVALUATED[contender](job)[0]


def auc(exported: str, job: Job) -> float:
    """Computes the exact area under the ROC curve of a model, on the examples to evaluate on."""
    signature = tf.saved_model.load(exported).signatures["serving_default"]
    (_, named) = signature.structured_input_signature
    labels, probabilities = [], []
    for serialized in tf.data.TFRecordDataset(job.evaluated, "GZIP").batch(job.batch_size):
        columns, label = model.parse(serialized)
        given = columns if set(columns) == set(named) else {next(iter(named)): serialized}
        (probability,) = signature(**given).values()
        labels.append(label.numpy())
        probabilities.append(probability.numpy().reshape(-1))
    return float(roc_auc_score(np.concatenate(labels), np.concatenate(probabilities)))


def _number(checkpoint: str, name: str) -> int:
    return int(tf.train.load_variable(checkpoint, name))


def _of_slim(job: Job) -> tuple[list[int], int]:
    events = _events(job.path("eval"))
    return [event.step for event in events.Scalars("eval_auc")], len(events.Tags()["scalars"])


def _of_estimator(job: Job) -> tuple[list[int], int]:
    directory = os.path.join(job.model_run, "eval")
    if not os.path.isdir(directory):
        return [], 0
    events = _events(directory)
    values = set(events.Tags()["scalars"]) - {"loss"}
    return [event.step for event in events.Scalars("auc")], len(values)


def _of_keras(job: Job) -> tuple[list[int], int]:
    events = _events(os.path.join(job.path("logs"), "validation"))
    values = set(events.Tags()["tensors"]) & {"epoch_auc"}
    epochs = [event.step + 1 for event in events.Tensors("epoch_auc")]
    return [epoch * job.checkpoint_steps for epoch in epochs], len(values)


def _of_sweep(job: Job) -> tuple[list[int], int]:
    result = read_result(job.path("sweep"))
    steps = [verdict.step for verdict in result.verdicts if verdict.value is not None]
    rows = result.to_pandas()
    return steps, int((rows["step"] == steps[-1]).sum())


def _events(directory: str) -> Any:
    return EventAccumulator(directory, {"scalars": 0, "tensors": 0}).Reload()


_EVALUATED: Mapping[str, Callable[[Job], tuple[list[int], int]]] = {
    SLIM: _of_slim,
    ESTIMATOR: _of_estimator,
    KERAS: _of_keras,
    SWEEP: _of_sweep,
}
