"""Leaves the curves for TensorBoard, which the outcome of a sweep does not depend on."""

from collections.abc import Mapping
from typing import Any

from absl import logging

from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.report.swept import read_swept
from checkpoint_sweep.report.tensorboard import write_tensorboard


def leave_curves(evaluation: str, verdicts: Mapping[str, Any]) -> None:
    """Writes the curves into the evaluation; a failure is a warning.

    Args:
        evaluation: Folder of the evaluation artifact.
        verdicts: Content of `verdicts.json`.
    """
    try:
        write_tensorboard(read_swept(evaluation, verdicts))
    except Exception as error:
        logging.warning(
            "The curves for TensorBoard are not written: %s. All else of the sweep is.",
            first_line(error),
            exc_info=True,
        )
