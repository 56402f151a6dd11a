"""Transformed examples, and a hook for contenders that run the model function."""

from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from benchmarks.common.prepared_data import LABEL, PreparedData
from benchmarks.common.timing_events import BATCH, TimingLog

BATCH_SIZE = 1000


def dataset(prepared: PreparedData, count: int) -> tf.data.Dataset:
    """Reads batches of (features, label) once, each column of shape (n,)."""
    spec = tft.TFTransformOutput(prepared.transform_graph).transformed_feature_spec()

    def parse(serialized: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        columns = tf.io.parse_example(serialized, spec)
        return columns, columns.pop(LABEL)

    records = tf.data.TFRecordDataset(prepared.transformed(count), "GZIP").batch(BATCH_SIZE)
    return records.map(parse, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


class TimingHook(tf.estimator.SessionRunHook):
    """Records the session's creation and each batch.

    Args:
        events: Log to write to.
        count: Number of examples.
    """

    def __init__(self, events: TimingLog, count: int) -> None:
        self._events = events
        self._left = count

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Records that the graph is built and the checkpoint restored."""
        del session, coord
        self._events.add("build and restore")

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Records that a batch is done; no other runs than those of batches are hooked."""
        del run_context, run_values
        size = min(BATCH_SIZE, self._left)
        self._left -= size
        self._events.add(BATCH, size)
