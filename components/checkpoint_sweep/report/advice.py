"""What to do next, from a report: pure functions."""

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.json_safe import finite_or_none
from checkpoint_sweep.report.document import Candidate, Report
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.formatting import plus_minus
from checkpoint_sweep.selection.verdict import Difference

# Of fewer checkpoints one is too easily the first or the last.
_FEWEST = 3


@dataclasses.dataclass(frozen=True)
class BestByMetric:
    """The best of those that passed by one metric, on all examples.

    Attributes:
        metric: Name of the metric.
        direction: Direction of the metric.
        candidate: Candidate with the best value; of equal ones the earliest.
        text: Value with half the width of its interval, where that is known.
        chosen_text: The same of the chosen; "" without one.
    """

    metric: str
    direction: Direction
    candidate: Candidate
    text: str
    chosen_text: str


def best_by_metric(report: Report) -> list[BestByMetric]:
    """Lists the best of those that passed by each metric whose direction is declared."""
    found = []
    candidates = _passing(report)
    halves = {error.key: error.half_width for error in report.intervals}

    def text(candidate: Candidate, metric_at: int, value: float) -> str:
        return plus_minus(value, halves.get((candidate.name, 0, metric_at)))

    for metric, direction in directions(report).items():
        at = list(map(str, report.metrics)).index(metric)
        known = [(c, v) for c in candidates if (v := _overall(report, c, at)) is not None]
        if not known:
            continue
        best, value = min(known, key=lambda pair: (direction.loss(pair[1]), pair[0].step))
        of_chosen = next((text(c, at, v) for c, v in known if c is report.chosen), "")
        found.append(BestByMetric(metric, direction, best, text(best, at, value), of_chosen))
    return found


def directions(report: Report) -> Mapping[str, Direction]:
    """Returns the direction of each metric for which selection or thresholds declare one."""
    found: dict[str, Direction] = {}
    for threshold in report.thresholds:
        if threshold.kind == "value" and (threshold.lower is None) != (threshold.upper is None):
            is_lower = threshold.lower is not None
            found[threshold.metric] = (
                Direction.HIGHER_IS_BETTER if is_lower else Direction.LOWER_IS_BETTER
            )
    if report.decision:
        selection = report.decision.selection
        found[str(selection.metric_name)] = selection.direction
    return {str(metric): found[str(metric)] for metric in report.metrics if str(metric) in found}


def at_the_edge(report: Report) -> str:
    """Says what to do where the best of those that passed is the first or the last checkpoint."""
    decision = report.decision
    if decision is None or decision.chosen is None:
        return ""
    loss = decision.selection.direction.loss
    values = [
        (value, candidate)
        for candidate in _passing(report)
        if candidate.verdict and (value := finite_or_none(candidate.verdict.value)) is not None
    ]
    if not values:
        return ""
    best = min(values, key=lambda pair: (loss(pair[0]), pair[1].step))[1]
    steps = [c for c in report.candidates if not c.is_average and c.run == best.run]
    if len(steps) < _FEWEST:
        return ""
    of_run = "" if best.run is None else f" of {best.run}"
    if best.name == steps[-1].name:
        return f"The best value is that of the last checkpoint{of_run}: train longer."
    if best.name == steps[0].name:
        return (
            f"The best value is that of the first checkpoint{of_run}: save checkpoints more often."
        )
    return ""


def more_examples(report: Report) -> str:
    """Says about how many examples would tell the chosen from those that are tied with it.

    The margin of a difference shrinks with the root of the number of examples, so that a
    difference that is a tenth of its margin needs a hundred times as many.
    """
    chosen = report.chosen
    examples = max((candidate.examples or 0 for candidate in report.candidates), default=0)
    tied = [
        candidate.verdict.difference
        for candidate in report.candidates
        if candidate.verdict and candidate is not chosen and candidate.verdict.in_best_set
    ]
    needed = sorted(
        examples * _shortfall(difference) for difference in tied if difference is not None
    )
    if chosen is None or not needed or not examples:
        return ""
    middle = statistics.median_high(needed)
    if not math.isfinite(middle) or middle <= examples:
        return ""
    half = "the other" if len(needed) == 1 else "half of the others"
    key = report.decision.selection.cluster_key if report.decision else None
    more = f", with as many more clusters of {key}," if key is not None else ""
    return (
        f"If the differences stay the same, about {_rounded(middle)} examples{more} would separate "
        f"{chosen.label} from {half} (you have {examples:,})."
    )


def _shortfall(difference: Difference) -> float:
    """Returns how many times as many examples make a difference as large as its margin."""
    if difference.value == 0:
        return math.inf
    return max(1.0, (difference.half_width / difference.value) ** 2)


def _rounded(count: float) -> str:
    return f"{float(f'{count:.2g}'):,.0f}"


def _passing(report: Report) -> Sequence[Candidate]:
    return [c for c in report.candidates if c.verdict is None or c.verdict.eligible]


def _overall(report: Report, candidate: Candidate, metric_at: int) -> float | None:
    table = report.values.get(candidate.name)
    return finite_or_none(table[0][metric_at]) if table and not report.slices[0] else None
