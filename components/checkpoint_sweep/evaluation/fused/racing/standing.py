"""Where the candidates of a group stand in a race, derived of their states so far."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.aggregate import derive, samples
from checkpoint_sweep.evaluation.aggregate.state import MetricState, SliceState, split_by_slice
from checkpoint_sweep.evaluation.jackknife.derive import DeriveReplicates
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.evaluation.request import Race
from checkpoint_sweep.evaluation.results.files import JACKKNIFE
from checkpoint_sweep.selection.metric_lookup import metric_name


@dataclasses.dataclass(frozen=True)
class DeriveShown:
    """Derives the value of the selection metric as results would show it, by candidate.

    Attributes:
        config: Config of the metrics of the states.
        race: Race, with metric and slice.
        tracked_metrics: Metrics whose uncertainty is estimated.
        candidates: Number of candidates; the baseline, if any, has this number.
    """

    config: config_pb2.EvalConfig
    race: Race
    tracked_metrics: UncertaintySpec
    candidates: int

    def __call__(self, whole: MetricState) -> list[tuple[int, float]]:
        """Derives the values of a state of all examples so far."""
        step = derive.Derive(self.config, self.candidates)
        step.setup()
        plan = plan_lib.make(self.config)
        strides = plan.strides(whole.non_finite.size)
        found = []
        for element in _of_slice(whole, strides, self.candidates, self.race):
            for key, metrics in step.process(element):
                if key.sample == samples.FULL:
                    values = self._values(metrics, plan.candidate_name)
                    found += [(key.candidate, value) for value in values]
        return found

    def _values(self, metrics: dict[Any, Any], model_name: str) -> Iterator[float]:
        for name, value in metrics.items():
            if isinstance(name, metric_types.MetricKey) and name.model_name == model_name:
                both_ways = self.tracked_metrics.computed_both_ways
                if metric_name(name, both_ways) == self.race.metric:
                    yield float(value)


@dataclasses.dataclass(frozen=True)
class DeriveRecords:
    """Derives the replicates of the tracked metrics, as a record of each candidate.

    Attributes:
        race: Race, with the slice.
        tracked_metrics: Metrics to derive.
        candidates: Number of candidates; the baseline, if any, has this number.
    """

    race: Race
    tracked_metrics: UncertaintySpec
    candidates: int

    def __call__(self, folds: MetricState) -> list[tuple[int, Any]]:
        """Derives the records of a state by fold."""
        step = DeriveReplicates(self.tracked_metrics, "", self.candidates)
        step.setup()
        return [
            (number, json.loads(record[JACKKNIFE]))
            for element in _of_slice(folds, step.strides, self.candidates, self.race)
            for number, record in step.process(element)
        ]


def _of_slice(
    state: MetricState, strides: dict[int, int], candidates: int, race: Race
) -> Iterator[SliceState]:
    """Yields the part of a state that is of the slice to choose on, if it has examples."""
    for element in split_by_slice(state, strides, range(candidates)):
        if tuple(sorted((name, str(value)) for name, value in element.key)) == race.slice:
            yield element
