"""The examples on which chosen and baseline disagree are read from their predictions."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from checkpoint_sweep.evaluation.results.files import BASELINE, PREDICTIONS_FOLDER
from checkpoint_sweep.report.read_disagreements import read_disagreements


def test_the_largest_difference_comes_first_and_fractions_have_few_digits(tmp_path: Path) -> None:
    (tmp_path / PREDICTIONS_FOLDER).mkdir()
    for name, predictions in (("step-7", [0.5, 0.25, 0.5]), (BASELINE, [0.5, 0.5, 0.0])):
        columns = {
            "row": pa.array([0, 1, 2]),
            "key": pa.array([1.14, 2.5, 1e-8], pa.float32()),
            "slice/fare": pa.array([0.1, 0.2, None], pa.float32()),
            "prediction": pa.array(predictions),
        }
        path = tmp_path / PREDICTIONS_FOLDER / f"{name}.parquet"
        pq.write_table(pa.table(columns), path)
    found = read_disagreements(str(tmp_path), "step-7")
    assert [(one.row, one.key, one.difference) for one in found] == [
        (2, "1e-8", 0.5),
        (1, "2.5", 0.25),
    ]
    assert found[1].slices == {"fare": "0.2"}
