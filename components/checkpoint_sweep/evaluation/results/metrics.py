"""Reads TFMA's metrics back from disk, without its plots."""

from collections.abc import Mapping

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.selection.metric_lookup import metric_name


def read_metrics(directory: str, model_name: str) -> dict[SliceName, Mapping[MetricName, float]]:
    """Reads the metrics that are single numbers, by slice, without cross slices and differences.

    Plots, which take most of the time of `tfma.load_eval_result`, are not read.

    Args:
        directory: TFMA's output of one evaluation.
        model_name: Name of the model spec; empty when it is the only one.
    """
    result: dict[SliceName, Mapping[MetricName, float]] = {}
    for record in tfma.load_metrics(directory):
        if record.HasField("cross_slice_key"):
            continue
        key = slicer_lib.deserialize_slice_key(record.slice_key)
        metrics = {}
        for entry in record.metric_keys_and_values:
            of_model = entry.key.model_name in ("", model_name)
            if of_model and not entry.key.is_diff and entry.value.HasField("double_value"):
                name = metric_name(metric_types.MetricKey.from_proto(entry.key))
                metrics[name] = entry.value.double_value.value
        result[SliceName.of(key)] = metrics
    return result
