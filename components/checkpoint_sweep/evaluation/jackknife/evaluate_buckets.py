"""States by bucket of examples to a record of each candidate."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam

from checkpoint_sweep.evaluation import division, merge
from checkpoint_sweep.evaluation.jackknife import plans
from checkpoint_sweep.evaluation.jackknife.derive_left_out import DeriveLeftOut
from checkpoint_sweep.evaluation.jackknife.wanted import Wanted


class EvaluateBuckets(beam.PTransform):
    """From whatever `update.Update` gives to `write.JACKKNIFE`, by candidate.

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
            | "Merge" >> division.MergeByRange(part, self._candidates, self._models, plans.make)
            | "BySlice" >> beam.FlatMap(division.by_slice, plans.make(part).strides(self._models))
            | "Spread" >> beam.Reshuffle()
            | "LeaveOut" >> beam.ParDo(step).with_output_types(Any)
        )


def _state(element: Any) -> Iterator[merge.State]:
    if isinstance(element, merge.BucketState):
        yield element.state
