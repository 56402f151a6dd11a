"""Medians of what was measured, and straight lines for what was not."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence

from benchmarks.engine.cases import Case, Measurement
from benchmarks.engine.plan import BenchmarkPlan, Scaled


@dataclasses.dataclass(frozen=True)
class Figure:
    """What the benchmark says about a case. Times are in seconds; see `Measurement`.

    Attributes:
        case: Case that the figure is of.
        whole: Median of the measurements, or a scaled value.
        runs: Number of measurements that it is the median of; 0 for a scaled one.
        scaled: How it was scaled; None for what was measured.
        lowest: Shortest `whole` of the measurements; None for a scaled figure, as all below.
        highest: Longest `whole`.
        start_up: Median.
        start_up_parts: Medians by part.
        steady_per_example: Median of `steady` over `steady_examples`; None also when all examples
            were in the first batch.
        finish: Median.
        peak_bytes: Median.
        stack: Versions of TFMA, TensorFlow and Python.
    """

    case: Case
    whole: float
    runs: int
    scaled: str | None = None
    lowest: float | None = None
    highest: float | None = None
    start_up: float | None = None
    start_up_parts: Mapping[str, float] | None = None
    steady_per_example: float | None = None
    finish: float | None = None
    peak_bytes: float | None = None
    stack: str | None = None


def figures(
    plan: BenchmarkPlan, measured: Mapping[Case, Sequence[Measurement]]
) -> dict[Case, Figure]:
    """Computes the figure of each case of the plan that has one, by size.

    Omitted are cases that were not measured, and scaled ones whose line is not known, or goes
    down: then noise was larger than what the additional examples cost.
    """
    found = {case: _median(case, runs) for case, runs in measured.items() if runs}
    for scaled in plan.scaled:
        whole = _scale(scaled, found)
        if whole is not None:
            found[scaled.case] = Figure(scaled.case, whole, 0, _how(scaled))
    ordered = sorted(found, key=lambda case: (case.examples, case.checkpoints, case.contender))
    return {case: found[case] for case in ordered}


def _median(case: Case, runs: Sequence[Measurement]) -> Figure:
    wholes = [run.whole for run in runs]
    steady = [run.steady / run.steady_examples for run in runs if run.steady_examples]
    parts = {
        name: statistics.median(run.start_up_parts.get(name, 0.0) for run in runs)
        for name in runs[0].start_up_parts
    }
    return Figure(
        case,
        statistics.median(wholes),
        len(runs),
        None,
        min(wholes),
        max(wholes),
        statistics.median(run.start_up for run in runs),
        parts,
        statistics.median(steady) if steady else None,
        statistics.median(run.finish for run in runs),
        statistics.median(run.peak_bytes for run in runs),
        runs[0].stack,
    )


def _scale(scaled: Scaled, found: Mapping[Case, Figure]) -> float | None:
    """Follows the line through the cases of `along`, for `times` runs."""
    if any(case not in found for case in scaled.along):
        return None
    points = [(case.examples, found[case].whole) for case in scaled.along]
    if len(points) == 1:
        ((examples, seconds),) = points
        if examples != scaled.case.examples:
            raise ValueError(f"One point gives no line from {examples} examples: {scaled}.")
        return seconds * scaled.times
    (less, quick), (more, slow) = sorted(points)
    slope = (slow - quick) / (more - less)
    if slope < 0:
        return None
    return (quick + slope * (scaled.case.examples - less)) * scaled.times


def _how(scaled: Scaled) -> str:
    """Says in words how a figure was scaled."""
    parts = []
    if len(scaled.along) > 1:
        counts = " and ".join(str(case.examples) for case in sorted(scaled.along))
        parts.append(f"line through {counts} examples")
    if scaled.times > 1:
        parts.append(f"{scaled.times} times one checkpoint")
    return ", ".join(parts)
