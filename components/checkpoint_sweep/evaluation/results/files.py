"""The files of a candidate's results beside TFMA's, and the records of all files."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

# By the name of a file: a serialized proto, or JSON; plots are serialized when they are written.
Record = dict[str, Any]

# The number of examples, and of those with a prediction that is not finite.
PREDICTIONS = "predictions.json"
# The tracked metrics without each fold of the examples, see `jackknife`.
JACKKNIFE = "jackknife.json"
# Name of the baseline among the models of an evaluation.
BASELINE = "baseline"
PREDICTIONS_FOLDER = "predictions"
# Of the evaluations on the other splits than the one that chooses, a folder for each.
SPLITS_FOLDER = "splits"


def prediction_file(evaluation: str, name: str) -> str:
    """Returns the path of the predictions of a model on every example.

    Args:
        evaluation: Directory of the evaluation.
        name: Name of the candidate, or `BASELINE`.
    """
    return os.path.join(evaluation, PREDICTIONS_FOLDER, f"{name}.parquet")


def split_folder(evaluation: str, split: str) -> str:
    """Returns the directory of the evaluation on another split than the one that chooses.

    Args:
        evaluation: Directory of the evaluation.
        split: Name of the split; "" for the one that chooses.
    """
    return os.path.join(evaluation, SPLITS_FOLDER, split) if split else evaluation


def predictions_record(
    examples: int,
    non_finite: int,
    failed: str | None,
    outside: Mapping[str, int],
    rarer_labels: Sequence[tuple[Sequence[tuple[str, str]], int]] = (),
) -> Record:
    """Makes the record of a candidate's predictions.

    Args:
        examples: Number of examples.
        non_finite: Number of examples with a prediction that is NaN or infinite.
        failed: Name of the TFMA combiner that failed on them; None if none did.
        outside: Number of examples with a prediction outside of [0, 1], by output.
        rarer_labels: Slices, and how many of their examples have the rarer of the labels 0 and 1.
    """
    content = {
        "examples": examples,
        "non_finite": non_finite,
        "failed": failed,
        "outside": outside,
        "rarer_labels": rarer_labels,
    }
    return {PREDICTIONS: json.dumps(content).encode()}
