"""Where the candidates of a group stand in a race, derived of their states so far."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.evaluation.aggregate import candidate_ranges, derive, samples
from checkpoint_sweep.evaluation.aggregate.slice_state import SliceState, split_by_slice
from checkpoint_sweep.evaluation.aggregate.state import MetricState
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
        race: Race, with the statistic.
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
        found: dict[int, dict[SliceName, dict[MetricName, float]]] = {}
        slices = _of_slices(whole, strides, self.candidates, self.race)
        blocks = candidate_ranges.in_blocks(slices, self.candidates)
        derived = (one for block in blocks for some in step.process(block) for one in some)
        for key, metrics in derived:
            if key.sample == samples.FULL:
                values = dict(self._values(metrics, plan.candidate_name))
                found.setdefault(key.candidate, {})[SliceName.of(key.slice_key)] = values
        shown = [(n, self.race.statistic.value(slices, {})[0]) for n, slices in found.items()]
        return [(number, value) for number, value in shown if value is not None]

    def _values(
        self, metrics: dict[Any, Any], model_name: str
    ) -> Iterator[tuple[MetricName, float]]:
        for key, value in metrics.items():
            if isinstance(key, metric_types.MetricKey) and key.model_name == model_name:
                name = metric_name(key, self.tracked_metrics.computed_both_ways)
                if str(name) in self.race.statistic.metrics:
                    yield name, float(value)


@dataclasses.dataclass(frozen=True)
class DeriveRecords:
    """Derives the replicates of the tracked metrics, as a record of each candidate.

    Attributes:
        race: Race, with the statistic.
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
            for element in _of_slices(folds, step.strides, self.candidates, self.race)
            for number, record in step.process(element)
        ]


def _of_slices(
    state: MetricState, strides: dict[int, int], candidates: int, race: Race
) -> Iterator[SliceState]:
    """Yields the parts of a state that are of slices to choose on, if they have examples."""
    for element in split_by_slice(state, strides, range(candidates)):
        name = SliceName.of(element.key)
        if name in race.statistic.slices([name]):
            yield element
