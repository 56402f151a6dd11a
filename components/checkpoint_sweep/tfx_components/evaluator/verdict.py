"""The Evaluator's verdict, and a sentence on each metric that has a threshold."""

import dataclasses
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.json_safe import Json, finite_or_none
from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.evaluation.results.replicates import JackknifeReplicates
from checkpoint_sweep.selection.formatting import plus_minus
from checkpoint_sweep.selection.intervals import Estimate, estimate

VERDICT = "verdict.json"
# Raised when a key changes its meaning or goes; keys may be added.
VERDICT_VERSION = 1


@dataclasses.dataclass(frozen=True)
class EvaluatorVerdict:
    """The Evaluator's verdict on a model.

    Attributes:
        blessed: Whether the model may be shipped.
        reason: Why it may, or may not.
    """

    blessed: bool
    reason: str


@dataclasses.dataclass(frozen=True)
class Finding:
    """One metric on one slice.

    Attributes:
        metric: Name of the metric.
        slice: Name of the slice.
        value: Value of the candidate, with its error.
        baseline: Value of the baseline; None without one.
        change: Value of the candidate less the baseline's; None without one.
    """

    metric: MetricName
    slice: SliceName
    value: Estimate
    baseline: float | None
    change: Estimate | None

    def to_json(self) -> Json:
        """Converts to JSON-like data; what is not defined is None."""
        return {
            "metric": str(self.metric),
            "slice": dict(self.slice),
            "value": _to_json(self.value),
            "baseline": finite_or_none(self.baseline),
            "change": _to_json(self.change),
        }


def findings(
    found: Mapping[tuple[SliceName, MetricName], JackknifeReplicates],
) -> list[Finding]:
    """Makes a finding for each metric and slice, the overall slice first.

    Args:
        found: Jackknife replicates by slice and metric, as the engine wrote them.
    """
    ordered = sorted(found.items(), key=lambda item: (len(item[0][0]), item[0]))
    result = []
    for (slice_key, metric), left_out in ordered:
        change = left_out.change
        result.append(
            Finding(
                metric,
                slice_key,
                estimate(left_out.own),
                left_out.baseline.value if left_out.baseline else None,
                None if change is None else estimate(change),
            )
        )
    return result


def _to_json(known: Estimate | None) -> Json | None:
    if known is None:
        return None
    return {**dataclasses.asdict(known), "value": finite_or_none(known.value)}


def in_words(found: Sequence[Finding]) -> str:
    """Says the metrics of the overall slice in a sentence; "" if there are none."""
    parts = []
    for finding in found:
        if finding.slice:
            continue
        text = f"{finding.metric} {plus_minus(finding.value.value, finding.value.half_width)}"
        if finding.change is not None:
            change = plus_minus(finding.change.value, finding.change.half_width)
            text += f" (change against the baseline {change})"
        parts.append(text)
    return ", ".join(parts)
