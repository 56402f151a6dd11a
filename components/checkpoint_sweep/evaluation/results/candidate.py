"""Reads one candidate's TFMA results back from disk."""

import dataclasses
import json
import math
import os
from collections.abc import Mapping, Sequence

import tensorflow as tf
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common import digests
from checkpoint_sweep.common.files import files_below, read_text, special_file
from checkpoint_sweep.common.names import ModelNames, SliceName
from checkpoint_sweep.common.text import MOST_NAMED, some
from checkpoint_sweep.evaluation.plan.probability_thresholds import out_of_range
from checkpoint_sweep.evaluation.results.confident_thresholds import not_sure, within_intervals
from checkpoint_sweep.evaluation.results.files import JACKKNIFE, PREDICTIONS
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.evaluation.results.thresholds import threshold_failures, without_meaning
from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.policies import CandidateResult, SelectionError
from checkpoint_sweep.selection.selection import Selection


def read_result(
    directory: str,
    name: str,
    step: int,
    selection: Selection,
    eval_config: config_pb2.EvalConfig,
) -> CandidateResult:
    """Reads the selection metric, the missed thresholds and the number of non-finite predictions.

    Args:
        directory: TFMA's output of one evaluation.
        name: Name of the candidate.
        step: Training step of the candidate.
        selection: Selection, whose metric is read; with its direction if it takes the worst slice.
        eval_config: Config of the evaluation, with its defaults filled in.

    Raises:
        SelectionError: The slice that the selection names is not in the results.
    """
    metrics = EvaluationMetrics(directory)
    models = ModelNames.of(eval_config)
    slices = metrics.of_model(models.candidate)
    statistic = selection.statistic
    read = statistic.slices(slices)
    if not read or not slices.keys() >= set(read):
        known = sorted("/".join(f"{k}={v}" for k, v in s) or "overall" for s in slices)
        raise SelectionError(
            f"{name} has no result for {selection}. Its slices are: {some(known, MOST_NAMED)}. "
            "Name one of these, or add the slice to slicing_specs."
        )
    replicates = read_replicates(directory, models, metrics)
    predictions = read_predictions(directory)
    beyond = out_of_range(eval_config, predictions.outside, predictions.examples)
    meaningless = without_meaning(eval_config, beyond)
    failures = [*threshold_failures(directory, metrics), *meaningless]
    if selection.threshold_mode is ThresholdMode.CONFIDENT and not failures:
        failures = not_sure(eval_config, replicates, selection.level)
    value, undefined = statistic.value(slices, predictions.rarer_label)
    reasons = [why for metric, why in beyond.items() if str(metric) in selection.metrics]
    return CandidateResult(
        name,
        step,
        value,
        tuple(failures),
        excluded_reason=predictions.excluded_reason
        or some(reasons, 1)
        or some(meaningless, 1)
        or undefined,
        replicates=statistic.replicates({key: found.own for key, found in replicates.items()}),
        metrics={
            str(known): math.nan if known in beyond else value
            for known, value in slices.get(selection.slice_name, {}).items()
        },
    )


def unsure_thresholds(
    directory: str, selection: Selection, eval_config: config_pb2.EvalConfig
) -> list[str]:
    """Describes each threshold that a candidate meets, and that lies within an interval of it.

    Args:
        directory: TFMA's output of one evaluation.
        selection: Selection, whose level is that of the intervals.
        eval_config: Config of the evaluation, with its defaults filled in.
    """
    models = ModelNames.of(eval_config)
    replicates = read_replicates(directory, models, EvaluationMetrics(directory))
    return within_intervals(eval_config, replicates, selection.level)


@dataclasses.dataclass(frozen=True)
class Predictions:
    """The counts of a candidate's predictions.

    Attributes:
        examples: Number of examples; 0 if there were none.
        non_finite: Number of examples with a prediction that is NaN or infinite.
        failed: Name of the TFMA combiner that failed on them; None if none did.
        outside: Number of examples with a prediction outside of [0, 1], by output that has metrics
            of curves.
        rarer_labels: Slices, and how many of their examples have the rarer of the labels 0 and 1;
            none for other labels.
    """

    examples: int = 0
    non_finite: int = 0
    failed: str | None = None
    outside: Mapping[str, int] = dataclasses.field(default_factory=dict)
    rarer_labels: Sequence[tuple[Sequence[tuple[str, str]], int]] = ()

    @property
    def rarer_label(self) -> Mapping[SliceName, int]:
        """Number of examples with the rarer of the labels 0 and 1, by slice; empty for others."""
        return {SliceName.of(pairs): count for pairs, count in self.rarer_labels}

    @property
    def excluded_reason(self) -> str | None:
        """Reason why a candidate with these predictions may not be chosen; None if it may."""
        if not self.non_finite:
            return None
        return (
            f"its predictions are NaN or infinite on {self.non_finite:,} of {self.examples:,} "
            "examples"
        )


def digest(directory: str) -> str:
    """Digests the content of a candidate's files, except those that say where its models are.

    Raises:
        FileNotFoundError: There are no results, or something that is no file is among them.
    """
    patterns = ("*.tfrecord", PREDICTIONS, JACKKNIFE)
    paths = [path for p in patterns for path in tf.io.gfile.glob(os.path.join(directory, p))]
    if not paths or special_file(files_below(directory)):
        raise FileNotFoundError(f"There are no results in {directory}.")
    return digests.of_files(paths)


def read_predictions(directory: str) -> Predictions:
    """Reads the counts of predictions that an engine wrote.

    Args:
        directory: An engine's output of one evaluation.

    Raises:
        ValueError: The file was not written by this version.
    """
    path = os.path.join(directory, PREDICTIONS)
    if not tf.io.gfile.exists(path):
        return Predictions()
    content = json.loads(read_text(path))
    try:
        return Predictions(**content)
    except TypeError as error:
        raise ValueError(f"{path} was not written by this version.") from error
