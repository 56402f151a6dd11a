"""Evaluates all candidates of a sweep: its checkpoints, and averages of them."""

import os

from checkpoint_sweep.evaluation.candidates.averages import average, evaluate_greedy_soup
from checkpoint_sweep.evaluation.candidates.runner import CandidateEvaluator, CandidateSpec
from checkpoint_sweep.evaluation.results import ledger
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.averaging import Averager
from checkpoint_sweep.model_run.runs import RunCandidates
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.criteria import Direction


def evaluate_candidates(
    evaluator: CandidateEvaluator,
    found: RunCandidates,
    directory: str,
    direction: Direction,
    averages: Averages | None = None,
) -> None:
    """Evaluates every checkpoint, and the averages that are asked for.

    The ledger is complete on disk after each candidate, and an earlier execution's results of a
    candidate that was evaluated with the same fingerprint are reused.

    Args:
        evaluator: Evaluator, which has the results and the models afterwards.
        found: Checkpoints of the sweep, and the models that they give.
        directory: Directory of the evaluation, for the weights of averages.
        direction: Direction of the selection metric, for the greedy soup.
        averages: Averages to evaluate, of the checkpoints of one run; None for none.

    Raises:
        UserError: The evaluation cannot be run, or the selected slice has no result.
        ChangedError: What is evaluated has changed meanwhile.
    """
    specs = {c.name: CandidateSpec(c.name, c.step, c.prefix, run=c.run) for c in found.checkpoints}
    for checkpoint in found.checkpoints:
        if checkpoint.name in found.skipped:
            evaluator.exclude(specs[checkpoint.name], found.skipped[checkpoint.name])
    candidates = [(specs[source.name], source) for source in found.sources.values()]
    if averages is None:
        evaluator.evaluate(candidates)
        return
    by_step = {spec.step: source for spec, source in candidates}
    averager = Averager(by_step, os.path.join(directory, ledger.AVERAGES))
    made = [average(averager, ingredients) for ingredients in averages.of(list(by_step))]
    for spec, reason in made:
        if isinstance(reason, str):
            evaluator.exclude(spec, reason)
    # In one pass over the examples with the checkpoints.
    evaluator.evaluate([*candidates, *((o, s) for o, s in made if isinstance(s, ModelSource))])
    if averages.greedy_soup:
        evaluate_greedy_soup(evaluator, averager, direction, averages.most_trials)


def output_of(directory: str, candidate: ModelSource) -> str:
    """Returns the folder of a candidate's results, in the directory of an evaluation."""
    return os.path.join(directory, candidate.name)
