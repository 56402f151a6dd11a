"""The splits that stand beside the one that chooses: the same candidates, evaluated on each."""

import dataclasses
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.errors import about
from checkpoint_sweep.common.names import ModelNames
from checkpoint_sweep.common.text import some
from checkpoint_sweep.evaluation.candidates.runner import (
    CandidateEvaluator,
    CandidateSpec,
    SplitEvaluation,
)
from checkpoint_sweep.evaluation.plan.probability_thresholds import out_of_range
from checkpoint_sweep.evaluation.results.candidate import read_predictions, read_result
from checkpoint_sweep.evaluation.results.files import split_folder
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.policies import CandidateResult, SelectionError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.split_thresholds import Reading, SplitThreshold, missed_reason


def of_split(split: str) -> AbstractContextManager[None]:
    """Has user errors that leave the block say of which other split they are; "" for of none."""
    return about(f"On the split {split!r}: ") if split else nullcontext()


class SplitEvaluator:
    """Evaluates candidates on other splits, each with a ledger in a folder of its own.

    What has been evaluated on one split is reused whatever happens to the others. A threshold whose
    split is none of them is on the split that chooses.

    Attributes:
        splits: Names of the splits.

    Args:
        others: Other splits, whose requests have no thresholds; there may be none.
        thresholds: Thresholds on splits.
        directory: Directory of the evaluation on the split that chooses.
        selection: Selection, whose metric is read on every split.
        total: Number of the checkpoints of the sweep.
        eval_config: Evaluation config with its defaults filled in.
    """

    def __init__(
        self,
        others: Sequence[SplitEvaluation],
        thresholds: Sequence[SplitThreshold],
        directory: str,
        selection: Selection,
        total: int,
        eval_config: config_pb2.EvalConfig,
    ) -> None:
        self.splits: Sequence[str] = [split.request.split for split in others]
        self._thresholds = thresholds
        self._directory = directory
        self._selection = selection
        self._eval_config = eval_config
        self._evaluators = {
            split.request.split: CandidateEvaluator(
                split, directory, selection, total, _read_if_there
            )
            for split in others
        }

    def __call__(
        self,
        candidates: Sequence[tuple[CandidateSpec, ModelSource]],
        results: Sequence[CandidateResult],
    ) -> list[CandidateResult]:
        """Evaluates candidates on every other split, and judges them by the thresholds there.

        Args:
            candidates: Candidates that have results on the split that chooses.
            results: These results.

        Returns:
            The results with the values on the other splits, and the thresholds that were missed.
        """
        for split, evaluator in self._evaluators.items():
            with of_split(split):
                evaluator.evaluate(candidates)
        return [self._judged(result) for result in results]

    def _judged(self, result: CandidateResult) -> CandidateResult:
        found = {
            split: next(r for r in evaluator.results if r.name == result.name)
            for split, evaluator in self._evaluators.items()
        }
        missed = [self._missed_reason(threshold, found, result) for threshold in self._thresholds]
        failures = [*result.threshold_failures, *(reason for reason in missed if reason)]
        values = {split: other.value for split, other in found.items()}
        return dataclasses.replace(result, threshold_failures=tuple(failures), splits=values)

    def _missed_reason(
        self, threshold: SplitThreshold, found: dict[str, CandidateResult], own: CandidateResult
    ) -> str | None:
        other = found.get(threshold.split)  # None for the split that chooses.
        if other is not None and other.excluded_reason is not None:
            return f"{threshold.split}: {other.excluded_reason}"
        split = "" if other is None else threshold.split
        on_split = os.path.join(split_folder(self._directory, split), own.name)
        on_choosing = os.path.join(self._directory, own.name)
        for folder in (on_split, on_choosing) if threshold.of_gap else (on_split,):
            if reason := _meaningless_reason(folder, threshold.selection, self._eval_config):
                return f"{threshold.split}: {reason}"
        there, here = (
            read_metric(folder, threshold.selection, self._eval_config)
            for folder in (on_split, on_choosing)
        )
        mode, level = self._selection.threshold_mode, self._selection.level
        return missed_reason(threshold, there, here, mode, level)


def _read_if_there(
    directory: str, name: str, step: int, selection: Selection, eval_config: config_pb2.EvalConfig
) -> CandidateResult:
    """Reads the results on another split.

    The metric to choose by need have no value there: its slice may be missing, or have one label
    alone. Thresholds are on what they name.
    """
    try:
        result = read_result(directory, name, step, selection, eval_config)
    except SelectionError:
        result = CandidateResult(name, step)
    reason = read_predictions(directory).excluded_reason
    return dataclasses.replace(result, excluded_reason=reason)


def _meaningless_reason(
    directory: str, metric: Selection, eval_config: config_pb2.EvalConfig
) -> str | None:
    """Says why a metric may not decide, whose thresholds are for probabilities; None if it may."""
    predictions = read_predictions(directory)
    beyond = out_of_range(eval_config, predictions.outside, predictions.examples)
    reasons = [why for name, why in beyond.items() if str(name) in metric.metrics]
    return some(reasons, 1) if reasons else None


def read_metric(directory: str, metric: Selection, eval_config: config_pb2.EvalConfig) -> Reading:
    """Reads one metric, or a formula of several, on one slice of an evaluation.

    Args:
        directory: TFMA's output of one evaluation.
        metric: Metric on a slice.
        eval_config: Config of the evaluation, with its defaults filled in.
    """
    metrics, models = EvaluationMetrics(directory), ModelNames.of(eval_config)
    value, _ = metric.statistic.value(metrics.of_model(models.candidate), {})
    replicates = read_replicates(directory, models, metrics)
    own = {key: found.own for key, found in replicates.items()}
    return Reading(value, metric.statistic.replicates(own))
