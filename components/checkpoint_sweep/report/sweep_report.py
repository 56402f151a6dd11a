"""A finished sweep as data: `read_sweep(evaluation.uri).to_pandas()`."""

import dataclasses
import json
import os
from typing import TYPE_CHECKING

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.report.document import REPORT_JSON, Report, with_numbers
from checkpoint_sweep.report.rows import COLUMNS, rows

if TYPE_CHECKING:
    import pandas as pd

_VERDICTS = "verdicts.json"


class ReportError(UserError):
    """There is no sweep to report on; the message says what to pass."""


@dataclasses.dataclass(frozen=True)
class SweepReport:
    """What a sweep found.

        report = read_sweep(evaluation.uri)
        table = report.to_pandas()
        auc = table[(table.metric == "auc") & (table.slice == "overall")]

    Attributes:
        data: Content of `report.json`.
    """

    data: Report

    def to_pandas(self) -> "pd.DataFrame":
        """One row for each candidate, slice and metric: the columns of `metrics.csv`."""
        import pandas as pd

        return pd.DataFrame.from_records(list(rows(self.data)), columns=list(COLUMNS))


def read_sweep(
    evaluation_uri: str | os.PathLike[str], blessing_uri: str | os.PathLike[str] | None = None
) -> SweepReport:
    """Reads the report of a sweep, or makes it of the results where none was written.

        table = read_sweep("runs/taxi/CheckpointSweep/evaluation/8").to_pandas()

    Args:
        evaluation_uri: Directory of a CheckpointSweep's `evaluation` artifact.
        blessing_uri: Directory of its `blessing` artifact, for the decision of a sweep that wrote
            no report; not needed otherwise.

    Raises:
        ReportError: there is no sweep, or something else or another version wrote its report.
    """
    import tensorflow as tf

    directory = os.fspath(evaluation_uri)
    path = os.path.join(directory, REPORT_JSON)
    try:
        if tf.io.gfile.exists(path):
            with tf.io.gfile.GFile(path) as file:
                return SweepReport(with_numbers(json.load(file)))
        verdicts = None
        if blessing_uri is not None:
            with tf.io.gfile.GFile(os.path.join(os.fspath(blessing_uri), _VERDICTS)) as file:
                verdicts = json.load(file)
        from checkpoint_sweep.report.gather import gather

        return SweepReport(gather(directory, verdicts))
    except (OSError, ValueError, KeyError, TypeError, tf.errors.OpError) as error:
        raise ReportError(
            f"There is no sweep to read in {directory}: {error}. Pass the directory of a "
            "CheckpointSweep's evaluation artifact."
        ) from error
