"""Reads one candidate's TFMA results back from disk."""

import json
import os
from collections.abc import Mapping

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.common.text import some
from checkpoint_sweep.evaluation.threshold_failures import threshold_failures
from checkpoint_sweep.evaluation.write import PREDICTIONS
from checkpoint_sweep.selection.metric_lookup import MetricName, metric_name
from checkpoint_sweep.selection.policies import CandidateResult, SelectionError
from checkpoint_sweep.selection.selection import Selection

# A slice by its features and their values as text; none for the overall slice.
Slice = tuple[tuple[str, str], ...]
_NAMED = 40


def read_metrics(directory: str, model_name: str) -> dict[Slice, Mapping[MetricName, float]]:
    """The metrics that are single numbers, by slice; cross slices and differences aside.

    Plots, which take most of the time of `tfma.load_eval_result`, are not read.

    Args:
        directory: TFMA's output of one evaluation.
        model_name: of the model spec; empty when it is the only one.
    """
    result: dict[Slice, Mapping[MetricName, float]] = {}
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
        result[tuple(sorted((str(k), str(v)) for k, v in key))] = metrics
    return result


def read_result(
    directory: str, model_name: str, name: str, step: int, selection: Selection
) -> CandidateResult:
    """Reads the selection metric, the missed thresholds and how many predictions are not finite.

    Args:
        directory: TFMA's output of one evaluation.
        model_name: of the candidate's model spec; empty when it is the only one.
        name: of the candidate.
        step: its training step.
        selection: the metric to read.

    Raises:
        SelectionError: the slice that the selection names is not in the results.
    """
    slices = read_metrics(directory, model_name)
    wanted = tuple(sorted((k, str(v)) for k, v in selection.slice.items()))
    if wanted not in slices:
        known = sorted("/".join(f"{k}={v}" for k, v in s) or "overall" for s in slices)
        raise SelectionError(
            f"{name} has no result for {selection}. Its slices are: {some(known, _NAMED)}. Name "
            "one of these, or add the slice to slicing_specs."
        )
    value = slices[wanted].get((selection.output_name, selection.sub_key, selection.metric))
    failures = tuple(threshold_failures(directory))
    return CandidateResult(name, step, value, failures, non_finite=non_finite(directory))


def non_finite(directory: str) -> int:
    """On how many examples a candidate predicted NaN or infinity.

    Args:
        directory: an engine's output of one evaluation.
    """
    with tf.io.gfile.GFile(os.path.join(directory, PREDICTIONS)) as file:
        return int(json.load(file)["non_finite"])
