"""The tracked metrics of every candidate, without each fold of the examples."""

import json
import logging
import math
import numbers
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.common.json_safe import Json, finite_or_none
from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.evaluation.aggregate import derive
from checkpoint_sweep.evaluation.aggregate.slice_state import SliceState
from checkpoint_sweep.evaluation.jackknife import coarse_thresholds, leave_one_out
from checkpoint_sweep.evaluation.jackknife.folds import FOLDS
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan import probability_thresholds
from checkpoint_sweep.evaluation.plan.combiners.rows import Columns, to_columns, to_rows
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.evaluation.results.files import JACKKNIFE, Record
from checkpoint_sweep.selection.metric_lookup import metric_name

_LOG = logging.getLogger(__name__)
_Values = list[dict[metric_types.MetricKey, float]]
_Shares = Mapping[MetricName, float | None]


class DeriveReplicates(beam.DoFn):
    """Turns slice states by fold into a record of each candidate.

    Args:
        tracked_metrics: Metrics to derive.
        query_key: Query key of the metrics that are derived here; "" for those without one.
        candidates: Number of candidates; the baseline, if any, has this number.
    """

    def __init__(self, tracked_metrics: UncertaintySpec, query_key: str, candidates: int) -> None:
        self._tracked_metrics = tracked_metrics
        self._query_key = query_key
        self._candidates = candidates

    def setup(self) -> None:
        """Builds the computations."""
        self._plan = plan_lib.make(self._tracked_metrics.parts()[self._query_key])
        for leaf in self._plan.leaves:
            leaf.combine.setup()
        self._areas = probability_thresholds.areas(self._tracked_metrics.parts()[self._query_key])
        self._models = self._candidates + (self._plan.baseline_name is not None)

    @property
    def strides(self) -> dict[int, int]:
        """Codes per row, by leaf, of the states that this step takes."""
        return self._plan.strides(self._models)

    def process(self, element: SliceState) -> Iterator[tuple[int, Record]]:
        """Yields the records of one slice, of all its candidates that have not failed."""
        folds = sorted(element.counts)
        total, positives = sum(element.counts.values()), element.positives
        rarer = None if math.isnan(positives) else int(min(positives, total - positives))
        examples = [element.counts.get(fold, 0) for fold in range(FOLDS)]
        of_baseline: list[dict[Any, Any]] = [{} for _ in range(len(folds) + 1)]
        baseline: _Values = [{} for _ in of_baseline]
        if self._plan.baseline_name is not None:
            of_baseline = self._metrics(element, self._candidates, folds, of_baseline)
            baseline = [self._shown(m, self._plan.baseline_name) for m in of_baseline]
        cluster_key = self._tracked_metrics.cluster_key
        near = self._shares_between_thresholds(baseline[0], of_baseline)
        for candidate in element.candidates:
            if candidate in element.failed:
                continue
            metrics = self._metrics(element, candidate, folds, of_baseline)
            values = [self._shown(m, self._plan.candidate_name) for m in metrics]
            content = {
                "slice": [[str(name), str(value)] for name, value in element.key],
                "examples": examples,
                "rarer_label": rarer,
                **({} if cluster_key is None else {"cluster_key": cluster_key}),
                "metrics": list(
                    _entries(
                        values,
                        baseline,
                        folds,
                        self._tracked_metrics.computed_both_ways,
                        {
                            "": self._shares_between_thresholds(values[0], metrics),
                            "baseline_": near,
                        },
                    )
                ),
            }
            yield candidate, {JACKKNIFE: json.dumps(content).encode()}

    def _metrics(
        self,
        element: SliceState,
        model: int,
        folds: list[int],
        shared: list[dict[Any, Any]],
    ) -> list[dict[Any, Any]]:
        """Derives TFMA's metrics of one model: of all examples, then without each fold.

        Where TFMA fails without a fold, as a metric may without a positive example, there are
        none: the metrics of all examples are there, so the evaluation goes on.
        """
        if folds and not element.fallback:
            try:
                with np.errstate(all="ignore"):  # Where a ratio is not defined, it is not shown.
                    columns = self._columns(element, model, folds, shared)
            except Exception as error:
                _LOG.debug("Samples are derived one after the other.", exc_info=error)
                columns = {}
            if columns:
                return list(to_rows(columns))
        return list(self._one_by_one(element, model, folds, shared))

    def _one_by_one(
        self, element: SliceState, model: int, folds: list[int], shared: list[dict[Any, Any]]
    ) -> Iterator[dict[Any, Any]]:
        """Yields the metrics of one sample after the other."""
        of_baseline = self._plan.is_baseline(model, self._models)
        parts = leave_one_out.samples(element, self._plan, model, self._models, folds)
        for sample, others in zip(parts, shared, strict=True):
            try:
                with np.errstate(all="ignore"):
                    leaves = derive.leaves(self._plan, sample, model, of_baseline)
                    metrics = derive.derived(self._plan, {**leaves, **others}, of_baseline)
            except Exception as error:
                _LOG.debug("No metrics without a fold.", exc_info=error)
                metrics = {}
            yield metrics

    def _columns(
        self, element: SliceState, model: int, folds: list[int], shared: list[dict[Any, Any]]
    ) -> Columns:
        """Derives the metrics of all samples at once; none if they cannot be."""
        of_baseline = self._plan.is_baseline(model, self._models)
        columns = to_columns(shared)
        for index, leaf in enumerate(self._plan.leaves):
            if leaf.of_baseline != of_baseline:
                continue
            if leaf.vectorized is None:
                return {}
            found = leave_one_out.sample_sums(element, index, leaf, model, folds)
            if found is None:
                return {}
            columns.update(leaf.vectorized.columns_of_samples(*found))
        for one, compute in zip(self._plan.derived, self._plan.derived_columns, strict=True):
            if self._plan.only_baseline(one.keys) == of_baseline:
                columns.update(compute(columns))
        return columns

    def _shares_between_thresholds(
        self, shown: Mapping[metric_types.MetricKey, float], samples: Sequence[Mapping[Any, Any]]
    ) -> dict[MetricName, float | None]:
        """Computes, of each area, the share of both classes that it takes for ties."""
        names = {key: metric_name(key, self._tracked_metrics.computed_both_ways) for key in shown}
        return {
            name: coarse_thresholds.share_between_thresholds(key, samples)
            for key, name in names.items()
            if name in self._areas
        }

    def _shown(
        self, metrics: Mapping[Any, Any], model_name: str
    ) -> dict[metric_types.MetricKey, float]:
        """Selects the tracked metrics that are single numbers."""
        result = {}
        for key, value in metrics.items():
            if not isinstance(key, metric_types.MetricKey) or key.model_name != model_name:
                continue
            name = metric_name(key, self._tracked_metrics.computed_both_ways)
            if name in self._tracked_metrics.names and _is_number(value):
                result[key] = float(value)
        return result


def _is_number(value: Any) -> bool:
    """Tells whether a metric is a single number, and not a matrix or a structure of its own."""
    return isinstance(value, numbers.Real) or (isinstance(value, np.ndarray) and value.ndim == 0)


def _entries(
    values: _Values,
    baseline: _Values,
    folds: list[int],
    both: Set[MetricName],
    near: Mapping[str, _Shares],
) -> Iterator[Json]:
    """Yields an entry of the record, JSON-like, for each metric."""
    of_baseline = {metric_name(key, both): key for key in baseline[0]}
    for key in values[0]:
        metric = metric_name(key, both)
        entry: Json = {
            "output": metric.output_name,
            "sub_key": metric.sub_key,
            "name": metric.name,
            "weighting": metric.weighting,
        }
        entry |= _replicates_entry("", [found.get(key) for found in values], folds)
        entry["between_thresholds"] = near[""].get(metric)
        other = of_baseline.get(metric)
        if other is not None:
            found = [of_fold.get(other) for of_fold in baseline]
            entry |= _replicates_entry("baseline_", found, folds)
            entry["baseline_between_thresholds"] = near["baseline_"].get(metric)
        yield entry


def _replicates_entry(prefix: str, values: list[float | None], folds: list[int]) -> Json:
    numbers = list(map(finite_or_none, values))
    left_out: list[float | None] = [None] * FOLDS
    for fold, number in zip(folds, numbers[1:], strict=True):
        left_out[fold] = number
    return {f"{prefix}value": numbers[0], f"{prefix}left_out": left_out}
