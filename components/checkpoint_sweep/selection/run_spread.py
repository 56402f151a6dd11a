"""The spread between the runs of a sweep, beside the errors that come from the examples."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.formatting import plain
from checkpoint_sweep.selection.verdict import Verdict


@dataclasses.dataclass(frozen=True)
class BestOfRun:
    """The best checkpoint of a run.

    Attributes:
        run: Name of the run.
        checkpoints: Number of its checkpoints in the sweep.
        passed: Number of those that may be chosen.
        best: Verdict on the best of these by value, of equal ones the earliest; None without one.
    """

    run: str
    checkpoints: int
    passed: int
    best: Verdict | None


@dataclasses.dataclass(frozen=True)
class RunSpread:
    """The spread of the selection metric between runs.

    A standard deviation is that of a sample, with n - 1 in its denominator, over the runs that have
    a value. Its runs were evaluated on the same examples: it is of the training, such as its seed,
    while a standard error is of the examples.

    Attributes:
        runs: Best checkpoint of each run, by the names of the runs.
        standard_deviation: Standard deviation of the best values of the runs; None of fewer than 2.
        step: Step of the chosen; None without one.
        at_step: Value of each run at that step, as far as it has one, by the names of the runs.
        standard_deviation_at_step: Standard deviation of these; None of fewer than 2.
    """

    runs: Sequence[BestOfRun]
    standard_deviation: float | None
    step: int | None
    at_step: Mapping[str, float]
    standard_deviation_at_step: float | None

    def to_dict(self) -> Json:
        """Returns the spread as `verdicts.json` has it."""
        return {
            "runs": [
                {
                    "run": one.run,
                    "checkpoints": one.checkpoints,
                    "passed": one.passed,
                    "best": one.best.name if one.best else None,
                    "step": one.best.step if one.best else None,
                    "value": one.best.value if one.best else None,
                    "standard_error": one.best.standard_error if one.best else None,
                }
                for one in self.runs
            ],
            "standard_deviation": self.standard_deviation,
            "step": self.step,
            "at_step": dict(self.at_step),
            "standard_deviation_at_step": self.standard_deviation_at_step,
        }


def run_spread(
    verdicts: Sequence[Verdict], chosen: str | None, direction: Direction
) -> RunSpread | None:
    """Computes the spread between runs.

    >>> verdicts = [
    ...     Verdict("a-step-1", 1, True, 0.75, "", run="a"),
    ...     Verdict("b-step-1", 1, True, 0.8, "", run="b"),
    ... ]
    >>> spread = run_spread(verdicts, "b-step-1", Direction.HIGHER_IS_BETTER)
    >>> round(spread.standard_deviation, 4)
    0.0354

    Args:
        verdicts: Verdicts on the candidates of a sweep.
        chosen: Name of the chosen; None without one.
        direction: Direction of the selection metric.

    Returns:
        The spread; None for a sweep of one run.
    """
    by_run: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.run is not None:
            by_run.setdefault(verdict.run, []).append(verdict)
    if not by_run:
        return None
    runs = [_best(run, own, direction) for run, own in by_run.items()]
    step = next((verdict.step for verdict in verdicts if verdict.name == chosen), None)
    at_step = {
        run: verdict.value
        for run, own in by_run.items()
        for verdict in own
        if verdict.step == step and verdict.value is not None
    }
    values = [one.best.value for one in runs if one.best and one.best.value is not None]
    return RunSpread(runs, _deviation(values), step, at_step, _deviation([*at_step.values()]))


def describe_spread(spread: RunSpread, winner: Verdict | None) -> list[str]:
    """Says in sentences how far runs differ, and what that says beside the error of the chosen.

    Args:
        spread: Spread between the runs.
        winner: Verdict on the chosen; None without one.
    """
    values = [one.best.value for one in spread.runs if one.best and one.best.value is not None]
    if spread.standard_deviation is None:
        verb = "has" if len(values) == 1 else "have"
        return [
            f"Between runs: {len(values)} of {len(spread.runs)} runs {verb} a passing checkpoint."
        ]
    of = len(values) if len(values) == len(spread.runs) else f"{len(values)} of {len(spread.runs)}"
    text = (
        f"Between runs: the best values of {of} runs go from {plain(min(values))} to "
        f"{plain(max(values))}, standard deviation {_short(spread.standard_deviation)}"
    )
    if spread.standard_deviation_at_step is not None:
        text += (
            f"; at step {spread.step}, standard deviation "
            f"{_short(spread.standard_deviation_at_step)} of {len(spread.at_step)} runs"
        )
    sentences = [f"{text}."]
    if winner is not None and winner.standard_error is not None:
        sentences.append(
            f"The standard error of the chosen, {_short(winner.standard_error)}, is what other "
            "examples may change; the standard deviation is what another run may change. Intervals "
            "and ties are of the examples alone."
        )
    return sentences


def _best(run: str, own: Sequence[Verdict], direction: Direction) -> BestOfRun:
    passed = [(direction.loss(v.value), v) for v in own if v.eligible and v.value is not None]
    _, best = min(passed, key=lambda pair: (pair[0], pair[1].step), default=(0.0, None))
    return BestOfRun(run, len(own), len(passed), best)


def _deviation(values: Sequence[float]) -> float | None:
    return statistics.stdev(values) if len(values) > 1 else None


def _short(value: float) -> str:
    return f"{value:.2g}"
