"""The transform from states by fold of the examples to a record of each candidate."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam

from checkpoint_sweep.evaluation.aggregate import candidate_ranges
from checkpoint_sweep.evaluation.aggregate.state import FoldState, MetricState
from checkpoint_sweep.evaluation.inputs.parallelism import Spread
from checkpoint_sweep.evaluation.jackknife.derive import DeriveReplicates
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec


class EvaluateFolds(beam.PTransform):
    """Turns the states that `update.Update` gives into `results.files.JACKKNIFE`, by candidate.

    Sums by fold have the bins of the metrics that are shown, TFMA's thresholds, so that all folds
    together give the very value that is shown. Coarser bins make another metric where predictions
    are narrow. Only bins with examples take memory: no more than there are examples, and at most
    10,002 bins, 20 folds and 32 bytes, 6 MB, for each model, tracked slice and histogram.

    Args:
        tracked_metrics: Metrics to derive.
        query_key: Query key of the metrics that are derived here; "" for those without one.
        candidates: Number of candidates.
        models: Number of models, the baseline included.
    """

    def __init__(
        self, tracked_metrics: UncertaintySpec, query_key: str, candidates: int, models: int
    ) -> None:
        super().__init__()
        self._tracked_metrics = tracked_metrics
        self._query_key = query_key
        self._candidates = candidates
        self._models = models

    def expand(self, states: beam.PCollection) -> beam.PCollection:
        """Merges the states by fold, and derives the metrics without each fold."""
        part = self._tracked_metrics.parts()[self._query_key]
        step = DeriveReplicates(self._tracked_metrics, self._query_key, self._candidates)
        return (
            states
            | "Folds" >> beam.FlatMap(_state).with_output_types(Any)
            | "Merge" >> candidate_ranges.MergeByRange(part, self._candidates, self._models)
            | "BySlice"
            >> beam.FlatMap(candidate_ranges.by_slice, plan_lib.make(part).strides(self._models))
            | "Spread" >> Spread()
            | "LeaveOut" >> beam.ParDo(step).with_output_types(Any)
        )


def _state(element: Any) -> Iterator[MetricState]:
    if isinstance(element, FoldState):
        yield element.state
