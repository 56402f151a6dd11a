"""The files of a candidate's results beside TFMA's, and what a record of a file is."""

import json
from collections.abc import Mapping
from typing import Any

# By the name of their file: serialized protos, or JSON; plots are serialized when they are written.
Record = dict[str, Any]

# Beside TFMA's files: how many examples there were, and on how many a prediction was not finite.
PREDICTIONS = "predictions.json"
# And the metrics that decide, without each fold of the examples, see `jackknife`.
JACKKNIFE = "jackknife.json"


def predictions_record(
    examples: int, non_finite: int, failed: str | None, outside: Mapping[str, int]
) -> Record:
    """The record of a candidate's predictions.

    Args:
        examples: number of examples.
        non_finite: those of them with a prediction that is NaN or infinite.
        failed: the combiner of TFMA's that failed on them; None if none did.
        outside: Number of examples with a prediction outside of [0, 1], by output.
    """
    content = {"examples": examples, "non_finite": non_finite, "failed": failed, "outside": outside}
    return {PREDICTIONS: json.dumps(content).encode()}
