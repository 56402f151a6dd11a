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

    def __init__(self, width: int, scale: float, bad: float, outputs: Sequence[str]) -> None:
        super().__init__()
        self.width, self.outputs = width, tuple(outputs)
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
        value = parsed["p"] * self.scale
        value = tf.where(parsed["flag"] != 0, value + self.bad, value)
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
) -> ModelSource:
    """Writes a SavedModel, named as its directory.

    Args:
        directory: Directory to write to.
        width: Number of predictions of an example.
        scale: Factor of ``p``.
        bad: Number to add where an example's ``flag`` is not 0, for example NaN.
        outputs: Names of the outputs; the second is half of the first, and so on.
    """
    path = os.fspath(directory)
    shutil.copytree(_saved(width, scale, bad, tuple(outputs)).name, path)
    return ModelSource.from_saved_model(os.path.basename(path), path)


@functools.cache
def _saved(
    width: int, scale: float, bad: float, outputs: Sequence[str]
) -> tempfile.TemporaryDirectory[str]:
    """Saves such a model once a process, for all tests to copy."""
    folder = tempfile.TemporaryDirectory()
    model = _PassThrough(width, scale, bad, outputs)
    tf.saved_model.save(model, folder.name, signatures={"serving_default": model.serve})
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
    """Serializes a row as a `tf.Example`; see `write_examples`."""
    features = {name: _feature(name, values) for name, values in row.items()}
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString()


def _feature(name: str, values: Sequence[Any]) -> tf.train.Feature:
    if values and isinstance(values[0], str):
        encoded = [value.encode() for value in values]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))
    if values and isinstance(values[0], int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))
