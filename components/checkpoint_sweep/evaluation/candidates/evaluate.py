"""Evaluates all candidates of a sweep: its checkpoints, and averages of them."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

from checkpoint_sweep.evaluation.candidates.averages import average, evaluate_greedy_soup
from checkpoint_sweep.evaluation.candidates.fingerprint import EvaluationFingerprint
from checkpoint_sweep.evaluation.candidates.runner import (
    Beside,
    CandidateEvaluator,
    CandidateSpec,
)
from checkpoint_sweep.evaluation.request import Engine, EvaluationRequest
from checkpoint_sweep.evaluation.results import ledger
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.averaging import Averager
from checkpoint_sweep.model_run.checkpoints import Checkpoint
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import CandidateResult
from checkpoint_sweep.selection.selection import Selection


@dataclasses.dataclass(frozen=True)
class Evaluations:
    """The candidates that a sweep has evaluated.

    Attributes:
        results: Result of each candidate, and of each that was skipped.
        sources: Models that were evaluated, by name.
    """

    results: Sequence[CandidateResult]
    sources: Mapping[str, ModelSource]


def evaluate_candidates(
    engine: Engine,
    request: EvaluationRequest,
    checkpoints: Sequence[Checkpoint],
    excluded: Mapping[str, str],
    directory: str,
    selection: Selection,
    fingerprint: EvaluationFingerprint,
    direction: Direction,
    averages: Averages | None = None,
    beside: Beside | None = None,
) -> Evaluations:
    """Evaluates every checkpoint, and the averages that are asked for.

    The ledger is complete on disk after each candidate, and an earlier execution's results of a
    candidate that was evaluated with the same fingerprint are reused.

    Args:
        engine: Engine used to evaluate the candidates.
        request: Request with the checkpoints' candidates, named as their checkpoints.
        checkpoints: Checkpoints of the sweep.
        excluded: Reasons why checkpoints are no candidates, by name.
        directory: Directory for the ledger, the results, and the weights of averages.
        selection: Selection, whose metric is read.
        fingerprint: Fingerprint of what all evaluations depend on.
        direction: Direction of the selection metric, for the greedy soup.
        averages: Averages to evaluate, of the checkpoints of one run; None for none.
        beside: Evaluates the same candidates on other splits; None for none.

    Raises:
        UserError: The evaluation cannot be run, or the selected slice has no result.
        ChangedError: What is evaluated has changed meanwhile.
    """
    evaluator = CandidateEvaluator(
        engine, request, directory, selection, fingerprint, len(checkpoints), beside=beside
    )
    specs = {c.name: CandidateSpec(c.name, c.step, c.prefix, run=c.run) for c in checkpoints}
    for checkpoint in checkpoints:
        if checkpoint.name in excluded:
            evaluator.exclude(specs[checkpoint.name], excluded[checkpoint.name])
    candidates = [(specs[source.name], source) for source in request.candidates]
    if averages is None:
        evaluator.evaluate(candidates)
        return Evaluations(evaluator.results, evaluator.sources)
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
    return Evaluations(evaluator.results, evaluator.sources)


def output_of(directory: str, candidate: ModelSource) -> str:
    """Returns the folder of a candidate's results, in the directory of an evaluation."""
    return os.path.join(directory, candidate.name)
