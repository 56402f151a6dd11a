"""Finished sweeps: each in a numbered folder, the last of which `latest` leads to.

Importing it must stay cheap.
"""

import os

from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.sweeping import folder as folders

MODEL = "model"


def read_result(directory: str) -> SweepResult:
    """Reads a finished sweep, from its own folder or the one that all sweeps of a run share.

    Args:
        directory: Folder of the sweep, or of all sweeps of the run: the last one then.

    Raises:
        FolderError: There is none, or it is damaged.
    """
    directory = folders.latest(directory)
    return result_of(directory, folders.read_verdicts(directory))


def result_of(directory: str, verdicts: SweepVerdicts) -> SweepResult:
    """Makes the result of a sweep of its verdicts.

    Args:
        directory: Folder of the sweep.
        verdicts: Verdicts of the sweep.
    """
    model = None if verdicts.winner is None else os.path.join(directory, MODEL)
    return SweepResult(directory, verdicts, model)
