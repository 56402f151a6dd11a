"""States by bucket of examples to a record of each candidate."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam

from checkpoint_sweep.evaluation.aggregate import candidate_ranges
from checkpoint_sweep.evaluation.aggregate.state import BucketState, State
from checkpoint_sweep.evaluation.jackknife import coarse_plan
from checkpoint_sweep.evaluation.jackknife.derive import DeriveLeftOut
from checkpoint_sweep.evaluation.plan.deciding_metrics import Wanted


class EvaluateBuckets(beam.PTransform):
    """From whatever `update.Update` gives to `results.files.JACKKNIFE`, by candidate.

    Args:
        decisive: the metrics.
        query_key: of those that are computed here; "" for those without one.
        candidates: number of candidates.
        models: their number with the baseline.
    """

    def __init__(self, decisive: Wanted, query_key: str, candidates: int, models: int) -> None:
        super().__init__()
        self._decisive = decisive
        self._query_key = query_key
        self._candidates = candidates
        self._models = models

    def expand(self, states: beam.PCollection) -> beam.PCollection:
        """See the class."""
        part = self._decisive.parts()[self._query_key]
        step = DeriveLeftOut(self._decisive, self._query_key, self._candidates)
        return (
            states
            | "Buckets" >> beam.FlatMap(_state).with_output_types(Any)
            | "Merge"
            >> candidate_ranges.MergeByRange(part, self._candidates, self._models, coarse_plan.make)
            | "BySlice"
            >> beam.FlatMap(candidate_ranges.by_slice, coarse_plan.make(part).strides(self._models))
            | "Spread" >> beam.Reshuffle()
            | "LeaveOut" >> beam.ParDo(step).with_output_types(Any)
        )


def _state(element: Any) -> Iterator[State]:
    if isinstance(element, BucketState):
        yield element.state
