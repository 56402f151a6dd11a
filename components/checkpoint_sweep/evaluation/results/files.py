"""The files of a candidate's results beside TFMA's, and the records of all files."""

import os
from typing import Any

# By the name of a file: serialized protos of slices, or JSON. Plots are serialized when they are
# written.
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
