"""Event files, which are TFRecords, written whole or not at all."""

import os
from collections.abc import Iterable, Iterator, Mapping

import tensorflow as tf
from tensorboard.plugins.text import summary_v2 as text_summary

from checkpoint_sweep.common.files import write_records

_VERSION = "brain.Event:2"
# TensorBoard knows an event file by the first part of its name.
_FILE = "events.out.tfevents.{seconds}.checkpoint-sweep"


def scalars(values: Mapping[str, float]) -> tf.compat.v1.Summary:
    """Makes scalars by their tags, as an Estimator does; TensorBoard has 32 bits for each."""
    value = tf.compat.v1.Summary.Value
    return tf.compat.v1.Summary(
        value=[value(tag=tag, simple_value=number) for tag, number in values.items()]
    )


def text(tag: str, markdown: str) -> tf.compat.v1.Summary:
    """Makes a text."""
    made = text_summary.text_pb(tag, markdown)
    return tf.compat.v1.Summary.FromString(made.SerializeToString())


def write_events(
    directory: str, summaries: Iterable[tuple[int, tf.compat.v1.Summary]], time: float
) -> None:
    """Writes one event file.

    Args:
        directory: Folder of the run.
        summaries: Summaries, each with its step.
        time: Time of writing, in seconds since the epoch.
    """
    path = os.path.join(directory, _FILE.format(seconds=int(time)))
    write_records(path, _records(summaries, time))


def _records(summaries: Iterable[tuple[int, tf.compat.v1.Summary]], time: float) -> Iterator[bytes]:
    event = tf.compat.v1.Event
    yield event(wall_time=time, file_version=_VERSION).SerializeToString()
    for step, summary in summaries:
        yield event(wall_time=time, step=step, summary=summary).SerializeToString()
