"""Reads TFMA's metrics back from disk, without its plots."""

import functools
from collections.abc import Iterable, Mapping

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import metrics_for_slice_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.selection.metric_lookup import metric_name

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

    def of_model(self, name: str) -> Metrics:
        """Returns the metrics of one model that are single numbers, by slice; differences aside.

        Args:
            name: Name of the model spec; "" when it is the only one.
        """
        if name not in self._of_models:
            self._of_models[name] = _of_model(self.records, name)
        return self._of_models[name]


def read_metrics(directory: str, model_name: str) -> Metrics:
    """Reads the metrics of one model that are single numbers; see `EvaluationMetrics`.

    Args:
        directory: TFMA's output of one evaluation.
        model_name: Name of the model spec; empty when it is the only one.
    """
    return EvaluationMetrics(directory).of_model(model_name)


def slice_of(record: metrics_for_slice_pb2.MetricsForSlice) -> SliceName:
    """Returns the slice that a record is of."""
    key = slicer_lib.deserialize_slice_key(record.slice_key)
    return SliceName.of(key)


def _of_model(records: Iterable[metrics_for_slice_pb2.MetricsForSlice], name: str) -> Metrics:
    # Converting keys takes most of the time, and every slice has the same ones.
    names: dict[bytes, MetricName] = {}
    result: dict[SliceName, Mapping[MetricName, float]] = {}
    for record in records:
        metrics = result[slice_of(record)] = {}
        for entry in record.metric_keys_and_values:
            of_model = entry.key.model_name in ("", name)
            if of_model and not entry.key.is_diff and entry.value.HasField("double_value"):
                raw = entry.key.SerializeToString(deterministic=True)
                if raw not in names:
                    names[raw] = metric_name(metric_types.MetricKey.from_proto(entry.key))
                metrics[names[raw]] = entry.value.double_value.value
    return result
