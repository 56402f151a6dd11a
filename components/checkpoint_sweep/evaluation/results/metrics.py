"""Reads TFMA's metrics back from disk, without its plots."""

import functools
import os
from collections.abc import Iterator, Mapping, Set
from typing import TypeAlias

import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import json_format
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2, metrics_for_slice_pb2
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.selection.metric_kinds import MetricKinds
from checkpoint_sweep.selection.metric_lookup import metric_name, weighted_both_ways

MetricEntry: TypeAlias = metrics_for_slice_pb2.MetricsForSlice.MetricKeyAndValue
# Single numbers by slice and name.
Metrics = Mapping[SliceName, Mapping[MetricName, float]]


class EvaluationMetrics:
    """TFMA's metrics of one evaluation, read once, when first asked for.

        metrics = EvaluationMetrics("evaluation/step-500")
        metrics.of_model("candidate")[OVERALL][MetricName("", "", "auc")]
        metrics.of_model("baseline")[OVERALL][MetricName("", "", "auc")]

    Plots, which take most of the time of `tfma.load_eval_result`, are not read.

    Attributes:
        directory: TFMA's output of the evaluation.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._of_models: dict[str, Metrics] = {}

    @functools.cached_property
    def records(self) -> list[metrics_for_slice_pb2.MetricsForSlice]:
        """The records of all slices; cross slices aside."""
        records = tfma.load_metrics(self.directory)
        return [record for record in records if not record.HasField("cross_slice_key")]

    @functools.cached_property
    def eval_config(self) -> config_pb2.EvalConfig:
        """The config that lies beside the metrics; an empty one where it is missing or damaged."""
        name = f"{eval_config_writer.EVAL_CONFIG_FILE}.json"
        try:
            if tf.io.gfile.exists(os.path.join(self.directory, name)):
                return (
                    eval_config_writer.load_eval_run(self.directory)[0] or config_pb2.EvalConfig()
                )
        except (ValueError, OSError, json_format.ParseError, tf.errors.OpError):
            pass
        return config_pb2.EvalConfig()

    @functools.cached_property
    def kinds(self) -> MetricKinds:
        """The kinds of the metrics."""
        return MetricKinds.of_config(self.eval_config)

    def of_model(self, name: str) -> Metrics:
        """Returns the metrics of one model that are single numbers, by slice; differences aside.

        Args:
            name: Name of the model spec; "" when it is the only one.
        """
        if name not in self._of_models:
            result: dict[SliceName, dict[MetricName, float]] = {
                slice_of(record): {} for record in self.records
            }
            for slice_name, metric, entry in self.numbers:
                if entry.key.model_name in ("", name):
                    result[slice_name][metric] = entry.value.double_value.value
            self._of_models[name] = result
        return self._of_models[name]

    @property
    def numbers(self) -> Iterator[tuple[SliceName, MetricName, MetricEntry]]:
        """The entries that are single numbers, of all models; differences aside."""
        entries, keys = self._entries
        names = {raw: metric_name(key, self.computed_both_ways) for raw, key in keys.items()}
        for slice_name, raw, entry in entries:
            yield slice_name, names[raw], entry

    @functools.cached_property
    def computed_both_ways(self) -> Set[MetricName]:
        """The names, without weighting, of numbers that are there weighted and unweighted."""
        _, keys = self._entries
        return weighted_both_ways(keys.values())

    @functools.cached_property
    def _entries(
        self,
    ) -> tuple[list[tuple[SliceName, bytes, MetricEntry]], dict[bytes, metric_types.MetricKey]]:
        """The entries that are single numbers, and their keys by what is written of them."""
        # Converting keys takes most of the time, and every slice has the same ones.
        keys: dict[bytes, metric_types.MetricKey] = {}
        found: list[tuple[SliceName, bytes, MetricEntry]] = []
        for record in self.records:
            slice_name = slice_of(record)
            for entry in record.metric_keys_and_values:
                if not entry.key.is_diff and entry.value.HasField("double_value"):
                    raw = entry.key.SerializeToString(deterministic=True)
                    if raw not in keys:
                        keys[raw] = metric_types.MetricKey.from_proto(entry.key)
                    found.append((slice_name, raw, entry))
        return found, keys


def slice_of(record: metrics_for_slice_pb2.MetricsForSlice) -> SliceName:
    """Returns the slice that a record is of."""
    key = slicer_lib.deserialize_slice_key(record.slice_key)
    return SliceName.of(key)
