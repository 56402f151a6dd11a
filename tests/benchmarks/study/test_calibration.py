"""Standard errors are as large as the values vary from data set to data set."""

import numpy as np
import pytest

from benchmarks.study.calibration import POPULATIONS, Population, simulate


@pytest.mark.parametrize("population", POPULATIONS[:2] + POPULATIONS[3:], ids=lambda p: p.name)
def test_standard_errors_are_near_the_deviation_of_the_values(population: Population) -> None:
    found = list(simulate(population, examples=400, sets=60, seed=1))
    assert {"AUC", "RankAUC", "accuracy", "MAE", "F1", "cross entropy"} == {
        row.metric for row in found
    }
    ratios = np.array([row.ratio for row in found])
    # A deviation from 60 has an error of a tenth; here are six of them.
    assert ((ratios > 0.7) & (ratios < 1.4)).all()
