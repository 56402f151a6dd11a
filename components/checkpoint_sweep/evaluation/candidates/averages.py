"""Averages of checkpoints as candidates: made of the last ones, or of those better together."""

import itertools
from collections.abc import Sequence

from checkpoint_sweep.evaluation.candidates.runner import CandidateEvaluator, CandidateSpec
from checkpoint_sweep.model_run.averages import GREEDY_SOUP, Ingredients
from checkpoint_sweep.model_run.averaging import Averager
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.greedy_soup import greedy_soup, ingredients
from checkpoint_sweep.selection.policies import CandidateResult


def average(averager: Averager, wanted: Ingredients) -> tuple[CandidateSpec, ModelSource | str]:
    """Makes an average to evaluate, or gives the reason why there is none.

    Args:
        averager: Averager that makes it.
        wanted: Ingredients, of at least one step.
    """
    made = wanted.excluded_reason or averager.make(wanted.name, wanted.steps, wanted.weights)
    weights = made.weights if isinstance(made, ModelSource) else ""
    return CandidateSpec(wanted.name, wanted.steps[-1], weights, tuple(wanted.steps)), made


def evaluate_greedy_soup(
    evaluator: CandidateEvaluator, averager: Averager, direction: Direction, most_trials: int
) -> None:
    """Finds the greedy soup of the checkpoints, and enters it, or why there is none.

    Each trial is evaluated, and in the ledger, so that a later sweep reuses it.

    Args:
        evaluator: Evaluator with the results of all checkpoints.
        averager: Averager of these checkpoints.
        direction: Direction of the selection metric.
        most_trials: Largest number of averages to evaluate.

    Raises:
        UserError: The evaluation cannot be run.
    """
    checkpoints = [result for result in evaluator.results if not result.is_average]
    candidates = ingredients(checkpoints, direction, most_trials)
    steps = sorted(candidate.step for candidate in candidates)
    if len(candidates) < 2:
        step = max(steps, default=max(result.step for result in checkpoints))
        spec = CandidateSpec(GREEDY_SOUP, step, averaged=tuple(steps))
        evaluator.exclude(spec, f"it needs 2 passing checkpoints, and there are {len(candidates)}")
        return
    if reason := averager.unaveraged_reason(steps):
        evaluator.exclude(CandidateSpec(GREEDY_SOUP, steps[-1], averaged=tuple(steps)), reason)
        return
    names = (f"{GREEDY_SOUP}-trial-{number:02d}" for number in itertools.count(1))

    def evaluate(steps: Sequence[int]) -> CandidateResult:
        """Evaluates an average, whose weights go when its results are there."""
        spec, made = average(averager, Ingredients(next(names), steps))
        if isinstance(made, str):
            return CandidateResult(
                spec.name, spec.step, excluded_reason=made, averaged=tuple(steps)
            )
        try:
            return evaluator.try_out(spec, made)
        finally:
            averager.remove(spec.name)

    soup = greedy_soup(candidates, direction, evaluate)
    if len(soup.steps) == 1:
        (step,) = soup.steps
        spec = CandidateSpec(GREEDY_SOUP, step, averaged=(step,))
        tried = f"none of {soup.trials} averages was" if soup.trials > 1 else "their average is not"
        evaluator.exclude(spec, f"{tried} as good as the best checkpoint alone, step {step}")
        return
    # Its results are those of the last trial that was better, and are reused.
    spec, made = average(averager, Ingredients(GREEDY_SOUP, soup.steps))
    if isinstance(made, ModelSource):
        evaluator.evaluate([(spec, made)])
    else:
        evaluator.exclude(spec, made)
