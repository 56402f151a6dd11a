"""The evaluator of candidates, which reuses earlier results, and keeps the ledger."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import tensorflow as tf
from absl import logging
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common import progress
from checkpoint_sweep.evaluation.candidates.fingerprint import (
    EvaluationFingerprint,
    changed_weights_reason,
)
from checkpoint_sweep.evaluation.candidates.log_result import log_result, log_reuse
from checkpoint_sweep.evaluation.candidates.reuse import copy_results, earlier
from checkpoint_sweep.evaluation.request import Engine, Evaluated, EvaluationRequest
from checkpoint_sweep.evaluation.results import ledger
from checkpoint_sweep.evaluation.results.candidate import digest, read_predictions, read_result
from checkpoint_sweep.evaluation.results.files import split_folder
from checkpoint_sweep.evaluation.results.ledger import Entry, EntryStatus
from checkpoint_sweep.evaluation.results.writer import model_locations, write_eval_run
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.decision import is_eligible
from checkpoint_sweep.selection.policies import CandidateResult, SelectionError
from checkpoint_sweep.selection.selection import Selection


@dataclasses.dataclass(frozen=True)
class CandidateSpec:
    """The parts of a candidate.

    Attributes:
        name: Name of the candidate; also the folder of its results.
        step: Training step; of an average, that of the newest checkpoint in it.
        weights: Prefix of the checkpoint, or of the averaged weights; "" without.
        averaged: Steps of the checkpoints that it is the average of; None for a checkpoint.
        trial: Whether it is no candidate, but evaluated to find one.
        run: Name of its run in a sweep of several; None in a sweep of one.
    """

    name: str
    step: int
    weights: str = ""
    averaged: Sequence[int] | None = None
    trial: bool = False
    run: str | None = None


@dataclasses.dataclass(frozen=True)
class SplitEvaluation:
    """How candidates are evaluated on a split.

    Attributes:
        engine: Engine used to evaluate.
        request: Request for every evaluation, with the name of the split where another one
            chooses; the candidates are those that `CandidateEvaluator.evaluate` is given.
        fingerprint: Fingerprint of what the evaluations on this split depend on.
    """

    engine: Engine
    request: EvaluationRequest
    fingerprint: EvaluationFingerprint


# Reads results: of a folder, the name and the step of a candidate, by a selection and a config.
Reader = Callable[[str, str, int, Selection, config_pb2.EvalConfig], CandidateResult]


class Beside(Protocol):
    """Evaluates candidates elsewhere too, as soon as they have results.

    Attributes:
        splits: Names of the splits that it evaluates them on.
    """

    splits: Sequence[str]

    def __call__(
        self,
        candidates: Sequence[tuple[CandidateSpec, ModelSource]],
        results: Sequence[CandidateResult],
    ) -> Sequence[CandidateResult]:
        """Evaluates candidates, and returns their results with what that says of them."""
        ...


class CandidateEvaluator:
    """Evaluates candidates, and keeps the ledger and their results.

    The ledger is complete on disk after each candidate.

    Attributes:
        results: Results of all but trials, in the order in which they were entered.
        sources: Models that were evaluated, by name.

    Args:
        split: Split on which they are evaluated, and how.
        directory: Directory for the ledger, and for a folder of results for each candidate; those
            of another split than the one that chooses are in its `split_folder`.
        selection: Selection, whose metric is read.
        total: Number of the checkpoints of the sweep.
        read: Reads the results of a candidate.
        beside: Evaluates the same candidates on other splits; None for none.
    """

    def __init__(
        self,
        split: SplitEvaluation,
        directory: str,
        selection: Selection,
        total: int,
        read: Reader = read_result,
        beside: Beside | None = None,
    ) -> None:
        self.results: list[CandidateResult] = []
        self.sources: dict[str, ModelSource] = {}
        self._engine = split.engine
        self._request = split.request
        self._evaluation = directory
        name = split.request.split
        self._directory = split_folder(directory, name)
        self._title = f"{name}: " if name else ""
        self._selection = selection
        self._fingerprint = split.fingerprint
        self._total = total
        self._read = read
        self._beside = beside
        self._specs: dict[str, CandidateSpec] = {}
        self._keys: dict[str, str] = {}
        self._entries: list[Entry] = []

    def exclude(self, spec: CandidateSpec, reason: str) -> None:
        """Enters a candidate that is not evaluated, and why."""
        self._specs[spec.name] = spec
        self._enter(spec.name, EntryStatus.SKIPPED, 0.0, reason)

    def evaluate(self, candidates: Sequence[tuple[CandidateSpec, ModelSource]]) -> None:
        """Evaluates the candidates that no sweep has evaluated with the same fingerprint.

        Args:
            candidates: Candidates with their specs, which have the same names.

        Raises:
            UserError: The evaluation cannot be run, or the selected slice has no result.
            ChangedError: What is evaluated has changed; nothing of its group is recorded.
        """
        waiting = {spec.name: source for spec, source in candidates}
        self.sources |= waiting
        self._specs |= {spec.name: spec for spec, _ in candidates}
        self._keys |= self._fingerprint.keys(list(waiting.values()))
        for folder, entry in self._known():
            names = [name for name in waiting if self._keys[name] == entry.key]
            for name in names:
                if self._reuse(waiting[name], folder, entry):
                    del waiting[name]
        if len(waiting) < len(candidates):
            log_reuse(self._title, len(candidates) - len(waiting), len(waiting))
            reused = [spec.name for spec, _ in candidates if spec.name not in waiting]
            self._expect_beside(len(reused))
            self._evaluate_beside(reused)
        if waiting:
            dropped = self._run(self._of(list(waiting.values())))
            if dropped and not any(is_eligible(result) for result in self.results):
                # The candidates that were better than those dropped may not be eligible.
                logging.warning(
                    "No checkpoint left in the race has passed: evaluating the others too."
                )
                again = self._of([waiting[done.name] for done in dropped])
                dropped = self._run(dataclasses.replace(again, race=None))
            for done in dropped:
                self._enter(done.name, EntryStatus.FAILED, done.seconds, done.error)

    def _run(self, request: EvaluationRequest) -> list[Evaluated]:
        """Enters what the engine gives; gives those that were dropped, which are not entered."""
        dropped = []
        if not request.split:
            progress.expect(len(request.candidates))
            self._expect_beside(len(request.candidates))
        for group in self._engine(request):
            self._fingerprint.check_unchanged()
            for done in group:
                if changed := changed_weights_reason(self.sources[done.name]):
                    self._keys[done.name] = ""  # No later sweep reuses it.
                    self._enter(done.name, EntryStatus.FAILED, done.seconds, changed)
                elif done.dropped:
                    dropped.append(done)
                else:
                    status = EntryStatus.FAILED if done.error else EntryStatus.EVALUATED
                    self._enter(done.name, status, done.seconds, done.error)
            self._evaluate_beside([done.name for done in group])
        return dropped

    def _expect_beside(self, candidates: int) -> None:
        for split in self._beside.splits if self._beside else ():
            progress.expect(candidates, split)

    def _evaluate_beside(self, names: Sequence[str]) -> None:
        """Evaluates those of the candidates that may be chosen on the other splits too."""
        found = [r for r in self.results if r.name in names and r.excluded_reason is None]
        if self._beside is None or not found:
            return
        specs = [(self._specs[r.name], self.sources[r.name]) for r in found]
        judged = {result.name: result for result in self._beside(specs, found)}
        self.results = [judged.get(result.name, result) for result in self.results]

    def try_out(self, spec: CandidateSpec, source: ModelSource) -> CandidateResult:
        """Evaluates a trial, whose result is not among `results`.

        Raises:
            UserError: The evaluation cannot be run, or the selected slice has no result.
        """
        trial = dataclasses.replace(spec, trial=True)
        others, self.results = self.results, []
        try:
            self.evaluate([(trial, source)])
            (result,) = self.results
        finally:
            self.results = others
            self.sources.pop(trial.name, None)
        return result

    def _known(self) -> Iterator[tuple[str, Entry]]:
        """Lists folders of results and their entries, of this sweep and of earlier ones."""
        own = [entry for entry in self._entries if entry.key]
        yield from ((os.path.join(self._directory, entry.name), entry) for entry in own)
        yield from earlier(self._evaluation, self._request.split)

    def _output(self, name: str) -> str:
        return os.path.join(self._directory, name)

    def _of(self, candidates: Sequence[ModelSource]) -> EvaluationRequest:
        outputs = {candidate.name: self._output(candidate.name) for candidate in candidates}
        return dataclasses.replace(self._request, candidates=candidates, outputs=outputs)

    def _reuse(self, candidate: ModelSource, folder: str, entry: Entry) -> bool:
        """Copies earlier results; returns False if they are not complete."""
        failed = entry.status == EntryStatus.FAILED
        try:
            if not entry.results or digest(folder) != entry.results:
                logging.info("earlier results of %s are damaged", entry.label)
                return False
            if failed and not read_predictions(folder).failed:
                return False  # It failed for a reason that may have gone.
            copy_results(folder, self._output(candidate.name))
            if not failed:
                config = self._request.eval_config
                locations = model_locations(config, candidate, self._request.baseline)
                write_eval_run(self._output(candidate.name), config, locations)
            status = EntryStatus.FAILED if failed else EntryStatus.EVALUATED
            self._enter(candidate.name, status, 0.0, entry.reason, reused=True)
        except SelectionError:
            raise
        except (OSError, ValueError, tf.errors.OpError) as error:
            logging.info("earlier results of %s cannot be used: %s", entry.label, error)
            return False
        return True

    def _enter(
        self,
        name: str,
        status: EntryStatus,
        seconds: float,
        reason: str | None,
        reused: bool = False,
    ) -> None:
        """Records one candidate: its result first, so that the ledger names only what is whole."""
        spec = self._specs[name]
        if status == EntryStatus.EVALUATED:
            output, config = self._output(name), self._request.eval_config
            result = self._read(output, name, spec.step, self._selection, config)
            status = EntryStatus.TRIAL if spec.trial else status
        else:
            result = CandidateResult(name, spec.step, excluded_reason=reason)
        result = dataclasses.replace(result, averaged=spec.averaged, run=spec.run)
        entry = Entry(name, spec.step, spec.weights, status, seconds, reason)
        entry = dataclasses.replace(entry, averaged=spec.averaged, run=spec.run)
        if status != EntryStatus.SKIPPED:
            written = _digest_of(self._output(name))
            key = self._keys[name]
            entry = dataclasses.replace(entry, key=key, reused=reused, results=written)
        self._entries.append(entry)
        ledger.write_ledger(self._directory, self._entries)
        self.results.append(result)
        told = status == EntryStatus.SKIPPED and spec.averaged is None  # When it was found.
        level = logging.DEBUG if reused or told or self._request.split else logging.INFO
        if self._request.split and result.excluded_reason:
            level = logging.WARNING  # No verdict says so.
        done = sum(not r.is_average for r in self.results)
        log_result(result, str(self._selection), f"{done} of {self._total}", self._title, level)


def _digest_of(directory: str) -> str:
    """Digests a candidate's results; "" if it has none."""
    try:
        return digest(directory)
    except FileNotFoundError:
        return ""
