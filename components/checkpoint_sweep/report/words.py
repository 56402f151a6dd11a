"""What the page says in sentences of a report: pure functions."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from checkpoint_sweep.common.text import some
from checkpoint_sweep.report.document import Candidate, Report, number, selected, slice_title
from checkpoint_sweep.selection.words import plus_minus

# Slices of fewer are not called the worst: chance alone makes some of them look bad.
FEW_EXAMPLES = 100
_WORST = 5
_STEPS_NAMED = 12
_COUNTS = ("example_count", "weighted_example_count")


@dataclasses.dataclass(frozen=True)
class Headline:
    """The decision: the sentence, how sure it is, and what follows from it."""

    sentence: str
    certainty: str
    blessing: str
    last: str


def headline(report: Report) -> Headline:
    """The decision in a few sentences."""
    decision = report["decision"]
    if decision is None:
        return Headline("The decision is not known: only the results were given.", "", "", "")
    if decision["chosen"] is None:
        return Headline(
            f"Nothing is chosen: {decision['reason']}.",
            "The table of verdicts below says of each why not.",
            "Nothing is exported, and nothing may be shipped.",
            _nearest(report),
        )
    winner = _candidate(report, decision["chosen"])
    verdict = winner["verdict"] or {}
    value = plus_minus(verdict["value"] or 0.0, half_width(verdict))
    what = title(winner)
    if winner["averaged"] is not None:
        steps = some([str(step) for step in winner["averaged"]], _STEPS_NAMED)
        what = f"{what}, the average of the steps {steps},"
    return Headline(
        f"{what} is chosen: {metric_title(report)} {value}.",
        _certainty(report, verdict),
        _blessing(report),
        _last(report, winner),
    )


def metric_title(report: Report) -> str:
    """The selection metric with its slice, as selections print it."""
    selection: dict[str, Any] = report["decision"]["selection"] if report["decision"] else {}
    parts = (selection.get("output_name"), selection.get("metric"), selection.get("sub_key"))
    where = sorted((key, str(value)) for key, value in (selection.get("slice") or {}).items())
    name = "/".join(str(part) for part in parts if part)
    return name + (f" on {slice_title(where)}" if where else "")


def title(candidate: Candidate) -> str:
    """What begins a sentence on a candidate."""
    return f"Step {candidate['step']}" if candidate["averaged"] is None else candidate["name"]


def half_width(verdict: dict[str, Any]) -> float | None:
    """Half the width of the interval of a verdict, or of its difference; None without one."""
    interval = verdict.get("interval")
    return None if interval is None else (interval[1] - interval[0]) / 2


def _candidate(report: Report, name: str) -> Candidate:
    return next(c for c in report["candidates"] if c["name"] == name)


def _certainty(report: Report, winner: dict[str, Any]) -> str:
    decision = report["decision"]
    assert decision is not None
    level = f"{decision['selection'].get('level', 0.95):.0%}"
    eligible = [v for c in report["candidates"] if (v := c["verdict"]) and v["eligible"]]
    members = decision["best_set"]
    caution = f" Take care: {winner['caution']}." if winner.get("caution") else ""
    if len(eligible) == 1:
        return f"No other candidate is eligible.{caution}"
    if not members:
        return "How sure that is, is not known: this evaluation gives no intervals."
    if members == [decision["chosen"]]:
        text = (
            f"Each of the {len(eligible) - 1} other eligible candidates is worse by more than "
            f"chance explains (at {level})."
        )
    else:
        text = (
            f"{len(members)} of the {len(eligible)} eligible candidates cannot be told from the "
            f"best (at {level}): on other examples of the same kind, any of them might come first."
        )
    return text + caution


def _blessing(report: Report) -> str:
    decision = report["decision"]
    assert decision is not None
    if decision["blessed"]:
        return "It met every threshold: it may be shipped, or go on to the next check."
    reason = decision["reason"].partition(". The choice: ")[0]
    return f"It is exported but not blessed: {reason}."


def _nearest(report: Report) -> str:
    """The best by the selection metric where none is eligible, and what it lacks."""
    decision = report["decision"]
    assert decision is not None
    sign = -1 if decision["selection"].get("direction") == "LOWER_IS_BETTER" else 1
    finite = [
        (sign * value, candidate["label"], verdict)
        for candidate in report["candidates"]
        if (verdict := candidate["verdict"]) and (value := number(verdict["value"])) is not None
    ]
    if not finite:
        return ""
    _, label, verdict = max(finite, key=lambda item: item[0])
    shown = plus_minus(verdict["value"], half_width(verdict))
    why = some(verdict["missed"], 1) if verdict["missed"] else verdict["reason"]
    best = f"The best by {metric_title(report)} is {label}, with {shown}."
    return f"{best} It is not eligible: {why}."


def _last(report: Report, winner: Candidate) -> str:
    """How the chosen compares with what is shipped without a sweep: the last checkpoint."""
    steps = [c for c in report["candidates"] if c["averaged"] is None]
    last = max(steps, key=lambda c: c["step"], default=None)
    verdict = last["verdict"] if last else None
    if last is None or last["name"] == winner["name"] or verdict is None:
        return ""
    if verdict["value"] is None:
        return f"The last checkpoint, step {last['step']}, has no finite value."
    text = f"The last checkpoint, step {last['step']}, has {verdict['value']:.6g}"
    if not verdict.get("difference"):
        return f"{text}."
    low, high = verdict["difference"]["interval"]
    difference = plus_minus(verdict["difference"]["value"], (high - low) / 2)
    noise = "no more than chance explains" if low <= 0 <= high else "more than chance explains"
    return f"{text}: it differs from the chosen by {difference}, which is {noise}."


def loss_note(report: Report) -> str:
    """What to look for in the losses."""
    points = len(report["losses"]["evaluation"])
    if points > 1:
        return "Where the evaluation loss rises while the training loss falls, the model overfits."
    return "It evaluated once only." if points else "It logged no evaluation loss."


def worst_slices(report: Report) -> list[dict[str, Any]]:
    """The slices on which the chosen does worst by the selection metric, the worst first."""
    at = selected(report)
    decision = report["decision"]
    if at is None or decision is None or decision["chosen"] is None:
        return []
    sign = 1 if decision["selection"].get("direction") == "HIGHER_IS_BETTER" else -1
    values = report["values"].get(decision["chosen"], [])
    counts = _counts(report, values)
    found: list[dict[str, Any]] = []
    for index, where in enumerate(report["slices"]):
        value = number(values[index][at[1]]) if where and values else None
        if value is not None and (counts[index] is None or counts[index] >= FEW_EXAMPLES):
            found.append({"slice": index, "value": value, "examples": counts[index]})
    worst = sorted(found, key=lambda s: sign * s["value"])[:_WORST]
    return [{**item, **_in_words(report, item["slice"], at[1], item["value"])} for item in worst]


def _in_words(report: Report, index: int, metric: int, value: float) -> dict[str, Any]:
    """A slice's name, the value of the chosen with its interval, and why not to trust that."""
    assert report["decision"] is not None
    wanted = (report["decision"]["chosen"], index, metric)
    known = next(
        (u for u in report["intervals"] if (u["candidate"], u["slice"], u["metric"]) == wanted),
        None,
    )
    low, high = (known["low"], known["high"]) if known else (None, None)
    half = None if low is None or high is None else (high - low) / 2
    return {
        "slice": slice_title(report["slices"][index]),
        "text": f"{value:.4g}" if half is None else plus_minus(value, half),
        "caution": known["caution"] if known else None,
    }


def _counts(report: Report, values: Sequence[Sequence[float | None]]) -> list[Any]:
    """Examples by slice; None where the configuration does not count them."""
    names = [info["name"] for info in report["metrics"]]
    column = next((names.index(name) for name in _COUNTS if name in names), None)
    return [None if column is None else row[column] for row in values]
