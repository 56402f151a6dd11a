"""The candidates that a race drops after some shares of the examples."""

import dataclasses
import json
import math
from collections.abc import Iterator, Sequence, Set
from typing import Any

from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.evaluation.aggregate import derive, samples
from checkpoint_sweep.evaluation.aggregate.state import MetricState, SliceState, split_by_slice
from checkpoint_sweep.evaluation.jackknife.derive import DeriveReplicates
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.evaluation.request import EvaluationRequest, Race
from checkpoint_sweep.evaluation.results.files import JACKKNIFE
from checkpoint_sweep.evaluation.results.replicates import from_slices
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.formatting import plus_minus
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.metric_lookup import metric_name
from checkpoint_sweep.selection.racing import DROPPED, out
from checkpoint_sweep.selection.replicates import Replicates


@dataclasses.dataclass(frozen=True)
class Part:
    """The states of a group of candidates so far.

    Attributes:
        group: Candidates of the group.
        whole: State of all examples so far, from which results are made.
        folds: State of the same examples by fold.
    """

    group: Sequence[ModelSource]
    whole: MetricState
    folds: MetricState


def dropped_reasons(parts: Sequence[Part], request: EvaluationRequest) -> dict[str, str]:
    """Finds the candidates to drop, and says why, by name.

    Args:
        parts: States of all candidates that are left.
        request: Request with a race.
    """
    assert request.race is not None
    assert request.tracked_metrics is not None
    config = plan_lib.split_config(request.eval_config)[""]
    found: dict[str, Replicates] = {}
    for part in parts:
        shown = _shown(part, config, request.race, request.tracked_metrics.computed_both_ways)
        of_part = _replicates(part, request.race, request.tracked_metrics)
        found |= {name: r.around(shown.get(name, math.nan)) for name, r in of_part.items()}
    reasons = {}
    for name in out(found, request.race.direction, request.race.racing.level):
        known = estimate(found[name])
        value = plus_minus(known.value, known.half_width)
        reasons[name] = (
            f"{DROPPED} {known.examples:,} examples: {request.race.metric} {value}, "
            f"significantly worse than the best ({request.race.racing.level:.0%})"
        )
    return reasons


def _shown(part: Part, config: Any, race: Race, both: Set[MetricName]) -> dict[str, float]:
    """Derives the value of the selection metric as results would show it, by candidate."""
    step = derive.Derive(config, len(part.group))
    step.setup()
    plan = plan_lib.make(config)
    found = {}
    for element in _of_slice(part.whole, plan.strides(part.whole.non_finite.size), part, race):
        for key, metrics in step.process(element):
            if key.sample != samples.FULL:
                break
            for name, value in metrics.items():
                if not isinstance(name, metric_types.MetricKey):
                    continue
                is_of_candidate = name.model_name == plan.candidate_name
                if is_of_candidate and metric_name(name, both) == race.metric:
                    found[part.group[key.candidate].name] = float(value)
    return found


def _replicates(part: Part, race: Race, tracked_metrics: UncertaintySpec) -> dict[str, Replicates]:
    """Derives the replicates of the selection metric, by candidate."""
    step = DeriveReplicates(tracked_metrics, "", len(part.group))
    step.setup()
    found = {}
    for element in _of_slice(part.folds, step.strides, part, race):
        for number, record in step.process(element):
            known = from_slices([json.loads(record[JACKKNIFE])])
            if (SliceName(race.slice), race.metric) in known:
                found[part.group[number].name] = known[SliceName(race.slice), race.metric].own
    return found


def _of_slice(
    state: MetricState, strides: dict[int, int], part: Part, race: Race
) -> Iterator[SliceState]:
    """Yields the part of a state that is of the slice to choose on, if it has examples."""
    for element in split_by_slice(state, strides, range(len(part.group))):
        if tuple(sorted((name, str(value)) for name, value in element.key)) == race.slice:
            yield element
