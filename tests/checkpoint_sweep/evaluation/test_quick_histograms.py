"""The tests' quicker passes over histograms are those of TFMA, to the last bit."""

import random

import pytest
from tensorflow_model_analysis.metrics import binary_confusion_matrices, calibration_histogram
from tensorflow_model_analysis.metrics.calibration_histogram import Bucket

from tests.support import quick_tfma

_NUMBER = 1000  # buckets of the histograms
_EVENLY = [i / 200 for i in range(201)]


@pytest.fixture(autouse=True)
def _quick() -> None:
    quick_tfma.use()


def _histogram(seed: int) -> list[Bucket]:
    numbers = random.Random(seed)
    ids = sorted(numbers.sample(range(_NUMBER + 2), numbers.choice([0, 1, 30, 500])))
    if seed % 2:
        ids = sorted({0, *ids, _NUMBER + 1})
    return [Bucket(i, *(numbers.gauss(0, 1) * 10.0**e for e in (0, 3, 6))) for i in ids]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    "thresholds",
    [
        _EVENLY,
        [-1e-7, *(t + 1e-7 if t else t for t in _EVENLY)],
        [0.5],
        [-1.0],
        [0.0, 0.0, 0.3, 0.3, 0.3, 1.0],
        [0.7, 0.2, 0.9],
        [float("-inf"), 0.4, float("inf")],
        [-1e-7, 0.4, 1.0 + 2e-7],
    ],
)
def test_histograms_and_matrices_are_tfmas(thresholds: list[float], seed: int) -> None:
    given = _histogram(seed)
    rebin = calibration_histogram.rebin
    for limits in ((0.0, 1.0), (-2.0, 3.0)):
        expected = rebin.__wrapped__(thresholds, given, _NUMBER, *limits)
        assert rebin(thresholds, given, _NUMBER, *limits) == expected
    convert = binary_confusion_matrices._histogram_to_binary_confusion_matrices  # noqa: SLF001
    assert convert(thresholds, expected) == convert.__wrapped__(thresholds, expected)
    assert given == _histogram(seed), "what is given stays as it is"
