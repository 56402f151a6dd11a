"""Areas under curves from thresholds that some example is between are those from all thresholds."""

import numpy as np
import pytest
from tensorflow_model_analysis.metrics import confusion_matrix_metrics, metric_types

from checkpoint_sweep.evaluation.plan.combiners import rebinning, thresholds

METRICS = [
    confusion_matrix_metrics.AUC(),
    confusion_matrix_metrics.AUC(num_thresholds=5),
    confusion_matrix_metrics.AUC(curve="PR", summation_method="majoring"),
    confusion_matrix_metrics.AUC(summation_method="minoring"),
    confusion_matrix_metrics.AUCPrecisionRecall(),
]
# Buckets, and what TFMA's histogram has in each of them, by the number of buckets.
GENERATOR = np.random.default_rng(0)


def histogram(size):
    buckets = np.sort(GENERATOR.choice(10_002, size, replace=False))
    total = GENERATOR.integers(0, 5, size) * 0.37
    positive = np.minimum(total, GENERATOR.integers(0, 3, size))
    return thresholds.ArrayHistogram(buckets, np.stack([positive, total / 2, total], axis=1))


def outcome(metric, given, change):
    """Runs a metric's computations on a histogram, each changed before."""
    leaf, *derived = metric.computations(model_names=[""], output_names=[""])
    found = {leaf.keys[0]: given}
    with np.errstate(all="ignore"):
        for computation in derived:
            found |= change(computation).result(found)
    return list(found.values())[-1]


def at_steps(computation):
    return rebinning.at_steps(rebinning.on_arrays(computation), computation)


@pytest.mark.parametrize("size", [0, 1, 2, 40, 3_000])
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: str(metric.get_config()))
def test_an_area_is_tfmas(metric, size):
    given = histogram(size)
    theirs = outcome(metric, list(given), lambda computation: computation)
    assert outcome(metric, given, at_steps) == pytest.approx(theirs, rel=1e-12, abs=0, nan_ok=True)


class WithThresholds(confusion_matrix_metrics.AUC):
    """An area of one's own, whose formula is not TFMA's."""

    def _metric_value(self, key, matrices, **kwargs):
        return len(matrices.thresholds)


def test_a_formula_of_ones_own_has_all_thresholds():
    assert outcome(WithThresholds(), histogram(2), at_steps) == 10_000


def test_matrices_of_other_metrics_have_all_thresholds():
    metric = confusion_matrix_metrics.MaxRecall()
    computations = metric.computations(model_names=[""], output_names=[""])
    derived = [c for c in computations if isinstance(c, metric_types.DerivedMetricComputation)]
    assert rebinning.at_steps(derived[-1], derived[-1]) is derived[-1]
