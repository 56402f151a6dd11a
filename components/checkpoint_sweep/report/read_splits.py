"""Reads the values of candidates on the splits beside the one that chooses."""

import os
from collections.abc import Sequence

import tensorflow as tf

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.evaluation.results.files import SPLITS_FOLDER, split_folder
from checkpoint_sweep.evaluation.results.ledger import LEDGER, EntryStatus, read_ledger
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.report.document import SplitValues
from checkpoint_sweep.report.read_results import has_results
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts


def splits_of(evaluation: str) -> list[str]:
    """Lists the splits beside the one that chooses which have results, by name.

    Args:
        evaluation: Directory of the evaluation.
    """
    folder = os.path.join(evaluation, SPLITS_FOLDER)
    names = tf.io.gfile.listdir(folder) if tf.io.gfile.isdir(folder) else []
    ledgers = {name.rstrip("/"): os.path.join(folder, name, LEDGER) for name in names}
    return sorted(name for name, ledger in ledgers.items() if tf.io.gfile.exists(ledger))


def read_splits(
    evaluation: str,
    model: str,
    slices: Sequence[SliceName],
    metrics: Sequence[MetricName],
    decision: SweepVerdicts | None,
) -> list[SplitValues]:
    """Reads the values on every other split.

    Args:
        evaluation: Directory of the evaluation.
        model: Name of the candidates' model in the results.
        slices: Slices to read.
        metrics: Metrics to read.
        decision: Decision of the sweep, which has values of a formula, or across slices.

    Raises:
        ValueError, OSError, tf.errors.OpError: Something is damaged.
    """
    result = []
    for split in splits_of(evaluation):
        folder = split_folder(evaluation, split)
        folders = {
            entry.name: os.path.join(folder, entry.name)
            for entry in read_ledger(folder)
            if entry.status is EntryStatus.EVALUATED
        }
        found = {
            name: {k: dict(v) for k, v in EvaluationMetrics(path).of_model(model).items()}
            for name, path in folders.items()
            if has_results(path)
        }
        for verdict in decision.verdicts if decision else ():
            value = verdict.splits.get(split)
            if decision is not None and value is not None and verdict.name in found:
                of_slice = found[verdict.name].setdefault(decision.selection.slice_name, {})
                of_slice[decision.selection.metric_name] = value
        result.append(
            SplitValues(
                split,
                max((read_predictions(path).examples for path in folders.values()), default=0)
                or None,
                {
                    name: [[values.get(s, {}).get(m) for m in metrics] for s in slices]
                    for name, values in found.items()
                },
            )
        )
    return result
