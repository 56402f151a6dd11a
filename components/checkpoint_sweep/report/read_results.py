"""Reads the single numbers among TFMA's results of one evaluation, with TFMA's own intervals."""

import dataclasses
import os
from collections.abc import Mapping

import tensorflow as tf
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from checkpoint_sweep.common.names import MetricName, ModelNames, SliceName
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.selection.criteria import LEVEL
from checkpoint_sweep.selection.intervals import estimate, within
from checkpoint_sweep.selection.metric_traits import Range, range_of
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection
from checkpoint_sweep.selection.verdict import Verdict

Key = tuple[SliceName, MetricName]


@dataclasses.dataclass(frozen=True)
class Interval:
    """The interval of a value, or of a change.

    Attributes:
        value: Value, or change.
        standard_error: Standard error of the value; None where it is not known.
        low: Lower end of the interval; None without one.
        high: Upper end of the interval; None without one.
        caution: Why the interval is not to be trusted; None if it is.
    """

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    caution: str | None = None


@dataclasses.dataclass(frozen=True)
class Results:
    """The results of one candidate, by slice and metric.

    Attributes:
        values: Values of the candidate.
        baseline: Values of the baseline that it was evaluated beside; empty without.
        intervals: Errors of those values of which they are known.
        changes: Errors of the values less the baseline's, where they are known.
    """

    values: Mapping[Key, float]
    baseline: Mapping[Key, float]
    intervals: Mapping[Key, Interval]
    changes: Mapping[Key, Interval]


def read_results(directory: str, models: ModelNames, level: float = LEVEL) -> Results:
    """Reads the results of one candidate.

    Args:
        directory: Folder of TFMA's results.
        models: Names of the models of the evaluation.
        level: Level of the intervals.

    Raises:
        ValueError, OSError: The folder is damaged.
    """
    values: dict[Key, float] = {}
    baseline: dict[Key, float] = {}
    intervals: dict[Key, Interval] = {}
    metrics = EvaluationMetrics(directory)
    for slice_name, metric, entry in metrics.numbers:
        key = slice_name, metric
        value = entry.value.double_value.value
        if entry.key.model_name == models.baseline:
            baseline[key] = value
        elif entry.key.model_name in ("", models.candidate):
            values[key] = value
            if entry.HasField("confidence_interval"):
                bounds = range_of(metrics.kinds.of(metric))
                intervals[key] = _of_tfma(value, entry.confidence_interval, bounds)
    replicates = read_replicates(directory, models, metrics)
    intervals |= {key: _of_replicates(found.own, level) for key, found in replicates.items()}
    changes = {
        key: _of_replicates(found.change, level)
        for key, found in replicates.items()
        if found.change is not None
    }
    return Results(values, baseline, intervals, changes)


def with_decisive(found: Results, selection: AppliedSelection, verdict: Verdict | None) -> Results:
    """Adds the value that decided, where it is none of TFMA's metrics, as if it were one.

    Args:
        found: Results of a candidate.
        selection: Selection by a formula, or across slices.
        verdict: Verdict on the candidate, which has that value; None for none.
    """
    if verdict is None or verdict.value is None:
        return found
    key = selection.slice_name, selection.metric_name
    low, high = verdict.interval or (None, None)
    interval = Interval(verdict.value, verdict.standard_error, low, high, verdict.caution)
    return dataclasses.replace(
        found,
        values={**found.values, key: verdict.value},
        intervals={**found.intervals, key: interval},
    )


def has_results(directory: str) -> bool:
    """Returns whether there are TFMA results in a folder."""
    return bool(tf.io.gfile.glob(os.path.join(directory, "metrics*")))


def _of_tfma(
    value: float, interval: metrics_for_slice_pb2.ConfidenceInterval, bounds: Range | None
) -> Interval:
    low, high = within(
        (interval.lower_bound.double_value.value, interval.upper_bound.double_value.value),
        bounds,
    )
    error = interval.standard_error.double_value.value
    return Interval(value, error, low, high)


def _of_replicates(replicates: Replicates, level: float) -> Interval:
    known = estimate(replicates, level)
    low, high = known.interval or (None, None)
    return Interval(known.value, known.standard_error, low, high, known.caution)
