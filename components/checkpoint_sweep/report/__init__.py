"""The report of a sweep, read back, and logged to other tools.

    from checkpoint_sweep.report import read_sweep

    table = read_sweep(evaluation.uri).to_pandas()  # a row for each candidate, slice and metric

Importing this package is cheap; TensorFlow and pandas are imported when something is read.
"""

from typing import TYPE_CHECKING

from checkpoint_sweep._lazy import importer

if TYPE_CHECKING:
    from checkpoint_sweep.report.mlflow_log import log_sweep
    from checkpoint_sweep.report.sweep_result import SweepResult, read_sweep
    from checkpoint_sweep.report.tensorboard.folder import write_tensorboard

__all__ = ["SweepResult", "log_sweep", "read_sweep", "write_tensorboard"]

__getattr__ = importer(__name__)


def __dir__() -> list[str]:
    return __all__
