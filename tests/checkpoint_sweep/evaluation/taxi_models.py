"""Data and small models for the engine's tests: Chicago taxi rides."""

import csv
import functools
import itertools
import os
import shutil
import tempfile

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx_bsl.public import tfxio

from checkpoint_sweep.saved_model import model_source
from tests.support import taxi_data, tfrecords

FLOATS = ("fare", "trip_miles", "pickup_latitude", "tips")
INTS = (
    "trip_start_hour",
    "trip_start_day",
    "trip_start_month",
    "big_tipper",
    "pickup_community_area",
)
STRINGS = ("payment_type", "company")
DAYS = 7


def rows(count: int, skip: int = 0) -> list[dict[str, str]]:
    """Rows of the taxi data."""
    with open(taxi_data.csv_file(), newline="") as file:
        return list(itertools.islice(csv.DictReader(file), skip, skip + count))


def example(row: dict[str, str], number: int) -> tf.train.Example:
    """A row as an Example. Empty cells are missing features.

    Besides the columns: ``weight``, a positive example weight; ``share``, a fractional label;
    ``day_one_hot``, the day as a dense label; ``tags``, one to three values; ``fare_tips``, a
    regression target.
    """
    features: dict[str, tf.train.Feature] = {}

    def floats(name: str, *values: float) -> None:
        features[name] = tf.train.Feature(float_list=tf.train.FloatList(value=values))

    def ints(name: str, *values: int) -> None:
        features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    def strings(name: str, *values: str) -> None:
        encoded = [value.encode() for value in values]
        features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))

    for name in FLOATS:
        if row[name]:
            floats(name, float(row[name]))
    for name in INTS:
        if row[name]:
            ints(name, int(float(row[name])))
    for name in STRINGS:
        if row[name]:
            strings(name, row[name])
    hour, day = int(row["trip_start_hour"]), int(row["trip_start_day"]) - 1
    floats("weight", 0.25 + float(row["trip_miles"] or 0) % 3)
    floats("share", float(row["big_tipper"]) * 0.75 + 0.125)
    ints("day", day)
    floats("day_one_hot", *np.eye(DAYS)[day])
    floats("labels", *(np.eye(DAYS)[day] + np.eye(DAYS)[hour % DAYS] > 0))
    strings("tags", *sorted({row["payment_type"], "night" if hour < 7 else "day", str(hour % 3)}))
    floats("fare_tips", float(row["fare"]) + float(row["tips"]))
    if number % 5:
        ints("sometimes_label", int(row["big_tipper"]))
    return tf.train.Example(features=tf.train.Features(feature=features))


def write_examples(path: str, count: int) -> str:
    """Writes the first rows as a TFRecord file and returns its path."""
    examples = (example(row, number) for number, row in enumerate(rows(count)))
    # Folds go by the bytes, in which a map has no order otherwise.
    return tfrecords.write(path, (e.SerializeToString(deterministic=True) for e in examples))


def read(path: str, batch_size: int | None = None) -> beam.PTransform:
    """Reads examples as the engine and stock TFMA take them."""
    source = tfxio.TFExampleRecord(path, raw_record_column_name=tfma.ARROW_INPUT_COLUMN)
    return source.BeamSource(batch_size)


class _Model(tf.Module):
    """A linear model on the hour, the fare and the miles; ``kind`` chooses the outputs.

    It computes in float64, so that predictions do not depend on the size of a batch.
    """

    def __init__(self, kind: str, seed: int) -> None:
        super().__init__()
        generator = np.random.default_rng(seed)
        self.kind = kind
        width = {"binary": 1, "regression": 1, "multiclass": DAYS, "multilabel": DAYS}.get(kind, 2)
        self.kernel = tf.Variable(generator.normal(0, 1, (4, width)), dtype=tf.float64)
        self.kernel2 = tf.Variable(generator.normal(0, 1, (4, 1)), dtype=tf.float64)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Parses and predicts."""
        parsed = tf.io.parse_example(
            examples,
            {
                "fare": tf.io.FixedLenFeature([], tf.float32, 0.0),
                "trip_miles": tf.io.FixedLenFeature([], tf.float32, 0.0),
                "trip_start_hour": tf.io.FixedLenFeature([], tf.int64, 0),
            },
        )
        hour = parsed["trip_start_hour"] / 24
        fare, miles = (tf.cast(parsed[name], tf.float64) for name in ("fare", "trip_miles"))
        features = tf.stack([fare / 30, miles / 10, hour, tf.ones_like(hour)], axis=1)
        logits = features @ self.kernel
        outputs = {"probabilities": tf.nn.sigmoid(logits)}
        if self.kind == "regression":
            outputs = {"prediction": 10 * tf.nn.softplus(logits)}
        if self.kind == "multiclass":
            outputs = {"probabilities": tf.nn.softmax(logits)}
        if self.kind == "multioutput":
            tipper, weekend = tf.nn.sigmoid(features @ self.kernel2), tf.nn.sigmoid(logits[:, :1])
            outputs = {"tipper": tipper, "weekend": weekend}
        return {name: tf.cast(value, tf.float32) for name, value in outputs.items()}


def write_model(directory: str, kind: str, seed: int) -> str:
    """Writes a SavedModel and returns its directory."""
    shutil.copytree(_saved(kind, seed).name, directory, dirs_exist_ok=True)
    return directory


@functools.cache
def _saved(kind: str, seed: int) -> tempfile.TemporaryDirectory[str]:
    """Saves such a model once a process, for all tests to copy."""
    folder = tempfile.TemporaryDirectory()
    model = _Model(kind, seed)
    tf.saved_model.save(model, folder.name, signatures={"serving_default": model.serve})
    return folder


def write_models(directory: str, kind: str, count: int) -> list[model_source.ModelSource]:
    """Writes ``count`` SavedModels that differ in their weights."""
    return [
        model_source.ModelSource.from_saved_model(
            f"step-{i}", write_model(os.path.join(directory, f"{kind}-{i}"), kind, i)
        )
        for i in range(count)
    ]
