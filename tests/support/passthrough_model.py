"""Examples that carry their predictions, and models that pass these through."""

import functools
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.support import tfrecords

Row = Mapping[str, Sequence[Any]]


class _PassThrough(tf.Module):
    """Predicts ``p`` times ``scale``; plus ``bad`` where ``flag`` is not 0."""

    def __init__(
        self,
        width: int,
        scale: float,
        bad: float,
        outputs: Sequence[str],
        vocabulary: Sequence[str],
    ) -> None:
        super().__init__()
        self.width, self.outputs, self.vocabulary = width, tuple(outputs), tuple(vocabulary)
        self.scale = tf.Variable(scale, dtype=tf.float32)
        self.bad = tf.Variable(bad, dtype=tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Parses and predicts."""
        parsed = tf.io.parse_example(
            examples,
            {
                "p": tf.io.FixedLenFeature([self.width], tf.float32),
                "flag": tf.io.FixedLenFeature([1], tf.float32, 0.0),
            },
        )
        return self.predict(parsed["p"], parsed["flag"])

    def by_name(self, dtype: tf.DType) -> tf.types.experimental.GenericFunction:
        """Makes a signature that takes ``p`` and ``flag`` by their names."""
        inputs = [
            tf.TensorSpec([None, self.width], dtype, name="p"),
            tf.TensorSpec([None, 1], tf.float32, name="flag"),
        ]
        return tf.function(
            lambda p, flag: self.predict(tf.cast(p, tf.float32), flag), input_signature=inputs
        )

    def predict(self, p: tf.Tensor, flag: tf.Tensor) -> dict[str, tf.Tensor]:
        """Predicts from features."""
        value = p * self.scale
        value = tf.where(flag != 0, value + self.bad, value)
        if self.vocabulary:
            top = tf.math.top_k(value, self.width)
            classes = tf.gather(tf.constant(self.vocabulary), top.indices)
            return {"scores": top.values, "classes": classes}
        return {
            name: value if index == 0 else value / (index + 1)
            for index, name in enumerate(self.outputs)
        }


def write_model(
    directory: str | os.PathLike[str],
    width: int = 1,
    scale: float = 1.0,
    bad: float = 0.0,
    outputs: Sequence[str] = ("predictions",),
    vocabulary: Sequence[str] = (),
    input_type: str = "",
) -> ModelSource:
    """Writes a SavedModel, named as its directory.

    Args:
        directory: Directory to write to.
        width: Number of predictions of an example.
        scale: Factor of ``p``.
        bad: Number to add where an example's ``flag`` is not 0, for example NaN.
        outputs: Names of the outputs; the second is half of the first, and so on.
        vocabulary: Names of the classes: the outputs are then ``scores``, the highest first, and
            ``classes``, the names in this order.
        input_type: Type of the input ``p``, which is taken by name, as ``flag`` is; "" for a model
            that takes serialized examples.
    """
    path = os.fspath(directory)
    saved = _saved(width, scale, bad, tuple(outputs), tuple(vocabulary), input_type)
    shutil.copytree(saved.name, path, dirs_exist_ok=True)
    return ModelSource.from_saved_model(os.path.basename(path), path)


def write_run(directory: str | os.PathLike[str], scales: Sequence[float]) -> str:
    """Writes checkpoints of the steps 1, 2, ... of such a model, and returns their directory.

    Args:
        directory: Directory to write to.
        scales: Factor of ``p``, by step.
    """
    for step, scale in enumerate(scales, start=1):
        of_step = {"scale": tf.Variable(scale, dtype=tf.float32), "bad": tf.Variable(0.0)}
        tf.train.Checkpoint(**of_step).write(os.path.join(directory, f"ckpt-{step}"))
    return os.fspath(directory)


@functools.cache
def _saved(
    width: int,
    scale: float,
    bad: float,
    outputs: Sequence[str],
    vocabulary: Sequence[str],
    input_type: str,
) -> tempfile.TemporaryDirectory[str]:
    """Saves such a model once a process, for all tests to copy."""
    folder = tempfile.TemporaryDirectory()
    model = _PassThrough(width, scale, bad, outputs, vocabulary)
    signature = model.by_name(tf.as_dtype(input_type)) if input_type else model.serve
    tf.saved_model.save(model, folder.name, signatures={"serving_default": signature})
    return folder


def write_examples(path: str | os.PathLike[str], rows: Sequence[Row]) -> str:
    """Writes a TFRecord file of `tf.Example`s and returns its path.

    Args:
        path: Path of the file.
        rows: Feature values by name: floats, ints, or strings; an empty list is a feature
            without values, and a name that is not there a missing feature.
    """
    return tfrecords.write(path, map(serialize, rows))


def serialize(row: Row) -> bytes:
    """Serializes a row as a `tf.Example`, always as the same bytes, by which folds are drawn."""
    features = {name: _feature(name, values) for name, values in row.items()}
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)


def _feature(name: str, values: Sequence[Any]) -> tf.train.Feature:
    if values and isinstance(values[0], str):
        encoded = [value.encode() for value in values]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))
    if values and isinstance(values[0], int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))
