"""What counts twice when TFMA merges makes its jackknife errors too wide, as its values deviate."""

import numpy as np
import pytest
from tensorflow_model_analysis.metrics import mean_regression_error

from benchmarks.study.double_counts import merge_as_stock_tfma, simulate


def test_folds_are_merged_as_tfma_merges_them() -> None:
    (computation,) = mean_regression_error.MeanAbsoluteError().computations()
    combiner = computation.combiner
    folds = np.array([[1.0, 2.0], [4.0, 5.0], [7.0, 9.0]])
    merged = combiner.create_accumulator()
    for error, weight in folds:
        part = combiner.create_accumulator()
        part.total_regression_error, part.total_example_weights = error, weight
        merged = combiner.merge_accumulators([merged, part])
    total = [merged.total_regression_error, merged.total_example_weights]
    assert merge_as_stock_tfma(folds).tolist() == total


def test_errors_are_as_wide_as_values_deviate() -> None:
    found = simulate(sets=200)
    assert found.stock_values > 2
    assert found.stock_errors == pytest.approx(found.stock_values, rel=0.2)
    assert found.engine_errors == pytest.approx(1, abs=0.2)
    assert found.widths < 0.6
    assert found.widths_otherwise[1] == pytest.approx(1, abs=0.15)
