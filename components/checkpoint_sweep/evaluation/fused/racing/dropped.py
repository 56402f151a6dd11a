"""The candidates that a race drops after some shares of the examples."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from checkpoint_sweep.evaluation.request import Race
from checkpoint_sweep.evaluation.results.replicates import from_slices
from checkpoint_sweep.selection.formatting import plus_minus
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.metric_kinds import MetricKinds
from checkpoint_sweep.selection.racing import DROPPED, out
from checkpoint_sweep.selection.replicates import Replicates


def replicates_of(
    records: Mapping[str, Sequence[Any]],
    shown: Mapping[str, float],
    race: Race,
    kinds: MetricKinds,
) -> dict[str, Replicates]:
    """Reads the replicates of the selection metric, by candidate.

    Args:
        records: Records of each candidate, by slice, as `jackknife.derive` gives them.
        shown: Value of the metric as results would show it, of each candidate that has one.
        race: Race, with metric and slice.
        kinds: Kinds of the metrics, by which their ranges are known.
    """
    found = {}
    for name, slices in records.items():
        own = {key: known.own for key, known in from_slices(slices, kinds).items()}
        if (replicates := race.statistic.replicates(own)) is not None:
            found[name] = replicates.around(shown.get(name, math.nan))
    return found


def dropped_reasons(found: Mapping[str, Replicates], race: Race) -> dict[str, str]:
    """Finds the candidates to drop, and says why, by name.

    Args:
        found: Replicates of all candidates that are left.
        race: Race that they are in.
    """
    reasons = {}
    for name in out(found, race.direction, race.racing.level):
        known = estimate(found[name])
        value = plus_minus(known.value, known.half_width)
        reasons[name] = (
            f"{DROPPED} {known.examples:,} examples: {race.statistic} {value}, "
            f"significantly worse than the best ({race.racing.level:.0%})"
        )
    return reasons
