"""Evaluates what has not been evaluated before, and keeps the ledger as it goes."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import tensorflow as tf
from absl import logging

from checkpoint_sweep.evaluation import ledger
from checkpoint_sweep.evaluation.engine import Engine, EvaluationRequest
from checkpoint_sweep.evaluation.ledger import Entry
from checkpoint_sweep.evaluation.results import digest, read_predictions, read_result
from checkpoint_sweep.evaluation.write import write_eval_run
from checkpoint_sweep.model_run.checkpoints import Checkpoint
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.policies import CandidateResult, SelectionError
from checkpoint_sweep.selection.selection import Selection


def evaluate_candidates(
    engine: Engine,
    request: EvaluationRequest,
    swept: Sequence[Checkpoint],
    left_out: Mapping[int, str],
    directory: str,
    selection: Selection,
    circumstances: ledger.Circumstances,
) -> list[CandidateResult]:
    """The result of every checkpoint.

    The ledger is complete on disk after each candidate, and an earlier execution's results of a
    candidate that was evaluated under the same circumstances are taken over.

    Args:
        engine: that evaluates.
        request: the candidates, named as their checkpoints.
        swept: the checkpoints of the sweep.
        left_out: why a checkpoint is no candidate, by step.
        directory: for the ledger; the outputs of the request lie in it.
        selection: the metric to read.
        circumstances: of all evaluations.

    Raises:
        UserError: the evaluation cannot be run, or the selected slice has no result.
    """
    keys = circumstances.keys(request.candidates)
    book = _Book(directory, swept, request, selection, keys)
    for checkpoint in swept:
        if reason := left_out.get(checkpoint.step):
            book.enter(checkpoint.name, ledger.LEFT_OUT, 0.0, reason)
    waiting = {candidate.name: candidate for candidate in request.candidates}
    for folder, entry in ledger.earlier(directory):
        names = [name for name in waiting if keys[name] == entry.key]
        for name in names:
            if book.take_over(waiting[name], folder, entry):
                del waiting[name]
    if len(waiting) < len(request.candidates):
        known = len(request.candidates) - len(waiting)
        logging.info("%d checkpoints were evaluated before: %d are left", known, len(waiting))
    if waiting:
        for done in engine(dataclasses.replace(request, candidates=list(waiting.values()))):
            status = ledger.FAILED if done.error else ledger.EVALUATED
            book.enter(done.name, status, done.seconds, done.error)
    return book.results


class _Book:
    """The ledger and the results so far."""

    def __init__(
        self,
        directory: str,
        swept: Sequence[Checkpoint],
        request: EvaluationRequest,
        selection: Selection,
        keys: Mapping[str, str],
    ) -> None:
        self.results: list[CandidateResult] = []
        self._directory = directory
        self._checkpoints = {checkpoint.name: checkpoint for checkpoint in swept}
        self._request = request
        self._selection = selection
        self._keys = keys
        self._entries: list[Entry] = []
        specs = request.eval_config.model_specs
        self._model_name = next(spec.name for spec in specs if not spec.is_baseline)

    def take_over(self, candidate: ModelSource, folder: str, entry: Entry) -> bool:
        """Copies an earlier sweep's results; False if they are not complete."""
        failed = entry.status == ledger.FAILED
        try:
            if not entry.results or digest(folder) != entry.results:
                logging.info("the earlier results of step %s are damaged", entry.step)
                return False
            if failed and not read_predictions(folder).failed:
                return False  # It failed for a reason that may have gone.
            ledger.copy_results(folder, self._request.outputs[candidate.name])
            if not failed:
                write_eval_run(self._request, candidate)
            self.enter(candidate.name, entry.status, 0.0, entry.reason, reused=True)
        except SelectionError:
            raise
        except (OSError, ValueError, tf.errors.OpError) as error:
            logging.info("earlier results of step %s cannot be used: %s", entry.step, error)
            return False
        return True

    def enter(
        self,
        name: str,
        status: str,
        seconds: float,
        reason: str | None,
        reused: bool = False,
    ) -> None:
        """Records one checkpoint: its result first, so that the ledger names only what is whole."""
        checkpoint = self._checkpoints[name]
        if status == ledger.EVALUATED:
            result = read_result(
                self._request.outputs[name],
                self._model_name,
                name,
                checkpoint.step,
                self._selection,
                self._request.eval_config,
            )
        else:
            result = CandidateResult(name, checkpoint.step, left_out=reason)
        entry = Entry(name, checkpoint.step, checkpoint.prefix, status, seconds, reason)
        if status != ledger.LEFT_OUT:
            written = _digest_of(self._request.outputs[name])
            key = self._keys[name]
            entry = dataclasses.replace(entry, key=key, reused=reused, results=written)
        self._entries.append(entry)
        ledger.write_ledger(self._directory, self._entries)
        self.results.append(result)
        _log(result, len(self.results), len(self._checkpoints), self._selection)


def _digest_of(directory: str) -> str:
    """Of a candidate's results; "" if it has none."""
    try:
        return digest(directory)
    except FileNotFoundError:
        return ""


def _log(result: CandidateResult, done: int, total: int, selection: Selection) -> None:
    missed = len(result.threshold_failures)
    value = "no value" if result.value is None else f"{selection} = {result.value:.6g}"
    thresholds = "threshold" if missed == 1 else "thresholds"
    outcome = result.left_out or value + (f", {missed} {thresholds} missed" if missed else "")
    logging.info("checkpoint %d of %d, step %d: %s", done, total, result.step, outcome)


def output_of(directory: str, candidate: ModelSource) -> str:
    """Where a candidate's results go, in the directory of an evaluation."""
    return os.path.join(directory, candidate.name)
