"""Reads the single numbers among TFMA's results of one evaluation, with TFMA's own intervals."""

import dataclasses
import os
from collections.abc import Mapping

import tensorflow as tf
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics, slice_of
from checkpoint_sweep.evaluation.results.replicates import JackknifeReplicates, read_replicates
from checkpoint_sweep.report.document import Slice
from checkpoint_sweep.selection.intervals import LEVEL, estimate
from checkpoint_sweep.selection.metric_lookup import MetricName, metric_name

Key = tuple[Slice, MetricName]


@dataclasses.dataclass(frozen=True)
class Interval:
    """How far a value, or a change, can be trusted."""

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    caution: str | None = None


@dataclasses.dataclass(frozen=True)
class Results:
    """Of one candidate.

    Attributes:
        values: by slice and metric.
        baseline: the same of the baseline it was evaluated beside; empty without.
        intervals: of those values of which one is known.
        changes: of the values less the baseline's, where known.
    """

    values: Mapping[Key, float]
    baseline: Mapping[Key, float]
    intervals: Mapping[Key, Interval]
    changes: Mapping[Key, Interval]


class MetricReader:
    """Reads the results of candidates whose metrics have the same keys.

    Args:
        model_name: of the model spec of the candidates; empty when it is the only one.
        baseline_name: of that of the baseline; None without.
        level: of the intervals.
    """

    def __init__(
        self, model_name: str, baseline_name: str | None = None, level: float = LEVEL
    ) -> None:
        self._model_name = model_name
        self._baseline_name = baseline_name
        self._level = level
        self._names: dict[bytes, MetricName] = {}

    def read(self, directory: str) -> Results:
        """Of one candidate's folder.

        Raises:
            ValueError, OSError: it is damaged.
        """
        values: dict[Key, float] = {}
        baseline: dict[Key, float] = {}
        intervals: dict[Key, Interval] = {}
        metrics = EvaluationMetrics(directory)
        for record in metrics.records:
            where = slice_of(record)
            for entry in record.metric_keys_and_values:
                if entry.key.is_diff or not entry.value.HasField("double_value"):
                    continue
                of = entry.key.model_name
                key = where, self._name(entry.key)
                value = entry.value.double_value.value
                if self._baseline_name is not None and of == self._baseline_name:
                    baseline[key] = value
                elif of in ("", self._model_name):
                    values[key] = value
                    if entry.HasField("confidence_interval"):
                        intervals[key] = _of_tfma(value, entry.confidence_interval)
        left_out = read_replicates(directory, self._model_name, metrics=metrics)
        intervals |= {key: _of_jackknife(found, self._level) for key, found in left_out.items()}
        changes = {
            key: interval
            for key, found in left_out.items()
            if (interval := _of_change(found, self._level))
        }
        return Results(values, baseline, intervals, changes)

    def _name(self, key: metrics_for_slice_pb2.MetricKey) -> MetricName:
        """Converting keys takes most of the time, and every slice has the same ones."""
        raw = key.SerializeToString(deterministic=True)
        if raw not in self._names:
            self._names[raw] = metric_name(metric_types.MetricKey.from_proto(key))
        return self._names[raw]


def has_results(directory: str) -> bool:
    """Whether there are TFMA results in a folder."""
    return bool(tf.io.gfile.glob(os.path.join(directory, "metrics*")))


def _of_tfma(value: float, interval: metrics_for_slice_pb2.ConfidenceInterval) -> Interval:
    low, high = (bound.double_value.value for bound in (interval.lower_bound, interval.upper_bound))
    error = interval.standard_error.double_value.value
    return Interval(value, error, low, high)


def _of_jackknife(found: JackknifeReplicates, level: float) -> Interval:
    known = estimate(found.own, level)
    low, high = known.interval or (None, None)
    return Interval(known.value, known.standard_error, low, high, known.caution)


def _of_change(found: JackknifeReplicates, level: float) -> Interval | None:
    if found.change is None:
        return None
    known = estimate(found.change, level)
    low, high = known.interval or (None, None)
    return Interval(known.value, known.standard_error, low, high, known.caution)
