"""Losses that a training logged for TensorBoard."""

import os
from collections.abc import Iterator

import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from checkpoint_sweep.report.document import Losses
from checkpoint_sweep.report.thinning import thin

# Estimator's tag, and those of Keras that are logged by step; `epoch_loss` counts epochs.
_TAGS = ("loss", "batch_loss", "evaluation_loss_vs_iterations")
_TRAINING, _EVALUATION = ("", "train"), ("eval", "validation")
# Pictures and profiles make event files large; reading them through would take minutes.
_MOST_BYTES = 64 << 20
MOST_POINTS = 500

Points = list[tuple[int, float]]


def read_losses(model_run: str) -> Losses:
    """Reads training and evaluation losses by step, thinned to what a chart can show.

    Args:
        model_run: Folder of the checkpoints. As Estimator and Keras do, the losses of training
            are in it or in `train/`, those of evaluation in `eval/`, `eval_<name>/` or
            `validation/`.
    """
    found: dict[str, Points] = {"training": [], "evaluation": []}
    for name, directory in _folders(model_run):
        kind = _kind(name)
        if kind and not found[kind]:
            found[kind] = _points(directory)
    return Losses(thin(found["training"], MOST_POINTS), thin(found["evaluation"], MOST_POINTS))


def _kind(name: str) -> str | None:
    if name in _TRAINING:
        return "training"
    return "evaluation" if name in _EVALUATION or name.startswith("eval_") else None


def _folders(model_run: str) -> Iterator[tuple[str, str]]:
    if not tf.io.gfile.isdir(model_run):
        return
    yield "", model_run
    for name in sorted(tf.io.gfile.listdir(model_run)):
        name = name.rstrip("/")
        path = os.path.join(model_run, name)
        if _kind(name) and tf.io.gfile.isdir(path):
            yield name, path


def _points(directory: str) -> Points:
    """Reads points by step; of a step that was logged twice, as after a restart, the later."""
    by_tag: dict[str, dict[int, float]] = {}
    files = tf.io.gfile.glob(os.path.join(directory, "events.out.tfevents.*"))
    for path in sorted(files):
        if tf.io.gfile.stat(path).length > _MOST_BYTES:
            continue
        for step, tag, value in _scalars(path):
            by_tag.setdefault(tag, {})[step] = value
    return next((sorted(by_tag[tag].items()) for tag in _TAGS if tag in by_tag), [])


def _scalars(path: str) -> Iterator[tuple[int, str, float]]:
    """Yields step, tag and value, as far as a file that is still being written goes."""
    for event in EventFileLoader(path).Load():  # It makes tensors of the scalars of Estimators.
        for value in event.summary.value:
            if value.tag in _TAGS and value.HasField("tensor"):
                yield event.step, value.tag, float(tf.make_ndarray(value.tensor))
