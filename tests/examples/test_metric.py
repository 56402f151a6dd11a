"""The metric of `examples/metric/`."""

import runpy

import numpy as np
import pytest

from pipeline.problems.problem import repository


@pytest.mark.parametrize(("above", "share"), [(0.1, 0.75), (0.5, 0.25), (2.0, 0.0)])
def test_the_share_is_that_of_errors_above_the_bound(above: float, share: float) -> None:
    path = repository() / "examples" / "metric" / "my_metric.py"
    formula = runpy.run_path(str(path))["_LargeErrors"](above)
    labels = np.array([0.0, 1.0, 1.0, 0.0])
    predictions = np.array([0.2, 0.9, 0.6, 0.7]) + np.array([0.0, 0.1, 0.0, 0.0])
    totals = np.stack(formula.terms(labels, predictions, np.ones(4)), axis=1)
    assert formula.value(np.zeros(4), totals) == share
