"""The sentences of the page on a report: pure functions."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from checkpoint_sweep.common.names import EXAMPLE_COUNTS
from checkpoint_sweep.common.text import some
from checkpoint_sweep.report.document import Candidate, Report, Table
from checkpoint_sweep.selection.cluster_key import by_clusters
from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.formatting import plus_minus, with_sign
from checkpoint_sweep.selection.intervals import FEW_OF_THE_RARER_LABEL
from checkpoint_sweep.selection.run_spread import describe_spread
from checkpoint_sweep.selection.sentence import all_passed, alone_of, caution_of_others, ties
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict

# Slices of fewer are not called the worst: chance alone makes some of them look bad.
FEW_EXAMPLES = 100
_WORST = 5
_STEPS_NAMED = 12
_RUNS_NAMED = 4


@dataclasses.dataclass(frozen=True)
class Headline:
    """The decision in a few sentences.

    Attributes:
        sentence: Sentence on what is chosen.
        certainty: Sentence on the certainty of the choice.
        blessing: Sentence on the blessing.
        last: Sentence that compares the last checkpoint with the chosen.
    """

    sentence: str
    certainty: str
    blessing: str
    last: str


def headline(report: Report) -> Headline:
    """Says the decision in a few sentences."""
    decision, winner = report.decision, report.chosen
    if decision is None:
        return Headline("The decision is not known: only the results were given.", "", "", "")
    if winner is None or winner.verdict is None:
        return Headline(
            f"{decision.reason[0].upper()}{decision.reason[1:]}.",
            "The table of verdicts below gives the reason for each.",
            "Nothing is exported.",
            "",
        )
    what = winner.title
    if winner.averaged is not None:
        steps = some([str(step) for step in winner.averaged], _STEPS_NAMED)
        what = f"{what}, the average of the steps {steps},"
    value = plus_minus(winner.verdict.value or 0.0, winner.verdict.half_width)
    by = decision.selection.cluster_key
    error = f", {by_clusters(by)}" if by is not None and winner.verdict.interval else ""
    return Headline(
        f"{what} is chosen: {decision.selection} {value}{error}.",
        _certainty(report, decision, winner.verdict),
        _blessing(decision),
        _last(report, winner),
    )


def identity(report: Report) -> str:
    """Says which sweep it is: pipeline or model run, run, date, version; as far as known."""
    made = report.made
    where = what_was_swept(made)
    run = made.get("run")
    version = made.get("checkpoint_sweep")
    parts = (
        where,
        run and f"run {run}",
        made.get("date"),
        version and f"checkpoint-sweep {version}",
    )
    return " · ".join(part for part in parts if part)


def what_was_swept(made: Mapping[str, Any]) -> str:
    """Names the pipeline, or else the model run by its folder, or several runs; "" if not known.

    TFX names folders by numbers, which say nothing without those above them.

    >>> what_was_swept({"model_run": "/root/Trainer/model_run/2"})
    'Trainer/model_run/2'

    Args:
        made: How the sweep was made, as reports have it.
    """
    if pipeline := made.get("pipeline"):
        return str(pipeline)
    if runs := made.get("runs"):
        return f"{len(runs)} runs: {some([str(run['name']) for run in runs], _RUNS_NAMED)}"
    path = PurePath(str(made.get("model_run") or ""))
    return "/".join(path.parts[-3:]) if path.name.isdecimal() else path.name


def metric_title(report: Report) -> str:
    """Names the selection metric with its slice, as selections do; "" if it is not known."""
    return str(report.decision.selection) if report.decision else ""


def _verdicts(report: Report) -> list[Verdict]:
    return [candidate.verdict for candidate in report.candidates if candidate.verdict]


def _certainty(report: Report, decision: SweepVerdicts, winner: Verdict) -> str:
    eligible = [verdict for verdict in _verdicts(report) if verdict.eligible]
    members = [verdict.name for verdict in decision.best_set]
    caution = f" Caution: {winner.caution}." if winner.caution else ""
    if len(eligible) == 1:
        alone = alone_of(len(_verdicts(report)))
        return f"{alone[0].upper()}{alone[1:]}.{caution}"
    if not members:
        why = "" if winner.interval or caution else "This evaluation gives no intervals: "
        unknown = f"{why}the uncertainty of the choice is unknown."
        return f"{unknown[0].upper()}{unknown[1:]}{caution}"
    text = ties(len(members), len(eligible), decision.selection.level)
    if len(members) > 1:
        text += ": on other examples of the same kind, any of them might come first"
    if others := caution_of_others(eligible, winner):
        caution += f" {others[0].upper()}{others[1:]}."
    return f"{text[0].upper()}{text[1:]}.{caution}"


def _blessing(decision: SweepVerdicts) -> str:
    if decision.blessed:
        _, _, unsure = decision.reason.partition("; it passed every threshold, ")
        if unsure:
            return f"It passed every threshold, {unsure}. Confirm it on held-out examples."
        passed = all_passed(decision.selection.threshold_mode, decision.selection.level)
        return (
            f"{passed[0].upper()}{passed[1:]}: you may ship it, or confirm it on held-out examples."
        )
    reason = decision.reason.partition(". The choice: ")[0]
    return f"It is exported but not blessed: {reason}."


def threshold_note(report: Report) -> str:
    """Says how surely thresholds are judged, where their bounds are; "" where values are."""
    decision = report.decision
    if decision is None or decision.selection.threshold_mode is ThresholdMode.VALUE:
        return ""
    return (
        f"Each is judged by a one-sided bound at {decision.selection.level:.0%}. A checkpoint "
        "passes only if every bound does, so their number needs no correction, and there is none "
        "(an intersection-union test). What is said of one of them holds at this level on its own."
    )


def _last(report: Report, winner: Candidate) -> str:
    """Says how the chosen compares with what is shipped without a sweep: the last checkpoint.

    Of several runs, it is the last one of the same run.
    """
    steps = [c for c in report.candidates if not c.is_average and c.run == winner.run]
    last = max(steps, key=lambda candidate: candidate.step, default=None)
    if last is None or last.name == winner.name or last.verdict is None:
        return ""
    verdict = last.verdict
    if verdict.value is None:
        return f"The last checkpoint, {last.label}, has no finite value."
    text = f"The last checkpoint, {last.label}, has {with_sign(verdict.value, verdict.interval)}"
    if verdict.difference is None:
        return f"{text}."
    low, high = verdict.difference.interval
    difference = with_sign(verdict.difference.value, verdict.difference.interval, "+")
    word = "not statistically significant" if low <= 0 <= high else "statistically significant"
    return f"{text}: Δ vs. chosen {difference}, {word}."


def spread(report: Report) -> list[str]:
    """Says in sentences how far the runs differ; empty in a sweep of one."""
    found = report.decision.run_spread if report.decision else None
    if found is None or report.decision is None:
        return []
    return describe_spread(found, report.decision.winner)


def loss_note(report: Report) -> str:
    """Says what to look for in the losses."""
    points = len(report.losses.evaluation)
    if points > 1:
        return "Where the evaluation loss rises while the training loss falls, the model overfits."
    return "It evaluated once only." if points else "It logged no evaluation loss."


@dataclasses.dataclass(frozen=True)
class SliceValue:
    """The value of the chosen on one slice.

    Attributes:
        slice: Name of the slice.
        value: Value of the selection metric.
        text: Value with half the width of its interval, where that is known.
        examples: Number of examples; None where they were not counted.
        caution: Why value or interval are not to be trusted; None if they are.
        rarer_label: Number of examples with the rarer of the labels 0 and 1; None for others.
        has_interval: Whether the interval is known.
    """

    slice: str
    value: float
    text: str
    examples: float | None
    caution: str | None
    rarer_label: int | None = None
    has_interval: bool = False


def worst_slices(report: Report) -> list[SliceValue]:
    """Lists the slices on which the chosen does worst by the selection metric, the worst first.

    A slice on which the value says little is none of them; of few slices, only the worse half is.
    """
    selected, decision = report.selected, report.decision
    if selected is None or decision is None or decision.chosen is None:
        return []
    values = report.values.get(decision.chosen, [])
    counts = _counts(report, values)
    found: list[tuple[int, float]] = []
    for index, slice_key in enumerate(report.slices):
        value = values[index][selected[1]] if slice_key and values else None
        count = counts[index] if values else None
        enough = count is None or count >= FEW_EXAMPLES
        if value is not None and enough and report.is_supported(index, selected[1], value):
            found.append((index, value))
    worst = sorted(found, key=lambda item: -decision.selection.direction.loss(item[1]))
    worst = worst[: min(_WORST, math.ceil(len(worst) / 2))]
    errors = {error.key: error for error in report.intervals}
    result = []
    for index, value in worst:
        error = errors.get((decision.chosen, index, selected[1]))
        half = error.half_width if error else None
        rarer = report.rarer_labels[index] if report.rarer_labels else None
        result.append(
            SliceValue(
                slice=str(report.slices[index]),
                value=value,
                text=plus_minus(value, half),
                examples=counts[index],
                caution=error.caution if error else _of_few(rarer),
                rarer_label=rarer,
                has_interval=error is not None,
            )
        )
    return result


def _of_few(rarer_label: int | None) -> str | None:
    if rarer_label is None or rarer_label >= FEW_OF_THE_RARER_LABEL:
        return None
    return "so few of the rarer class that it may be chance"


def _counts(report: Report, values: Table) -> Sequence[float | None]:
    """Returns the number of examples by slice; None where the config does not count them."""
    names = [metric.name for metric in report.metrics]
    column = next((names.index(name) for name in EXAMPLE_COUNTS if name in names), None)
    return [None if column is None else row[column] for row in values]
