"""What people look at after a sweep: its result, and the report that it leaves behind.

    from checkpoint_sweep.report import read_sweep

    table = read_sweep(evaluation.uri).to_pandas()  # a row for each candidate, slice and metric

Importing this package is cheap; TensorFlow and pandas are imported when something is read.
"""

from checkpoint_sweep.report.sweep_result import ReportError, SweepResult, read_sweep

__all__ = ["ReportError", "SweepResult", "read_sweep"]
