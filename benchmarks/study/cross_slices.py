"""Jackknife errors of cross slices by TFMA's formula, with folds of examples and with stock TFMA's.

Stock TFMA draws the fold of an example anew for each slice that it is in (its partition comes after
the slices); the engine draws it once. Means of normal numbers stand for metrics.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_FOLDS = 20  # TFMA's default.


@dataclasses.dataclass(frozen=True)
class Ratios:
    """Mean standard errors divided by the true standard deviation.

    Attributes:
        value: Of the mean of all examples.
        once: Of its difference to the mean of a slice, with one fold for each example.
        anew: The same with a fold for each example and slice.
    """

    value: float
    once: float
    anew: float


def simulate(sets: int = 2_000, examples: int = 1_000, share: float = 0.5, seed: int = 0) -> Ratios:
    """Draws data sets with a slice that has so large a share of the examples."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(sets):
        x, fold, other = rng.normal(size=examples), *rng.integers(0, _FOLDS, (2, examples))
        inside = rng.random(examples) < share
        value, of_slice = x.mean(), x[inside].mean()
        left_out, left_out_once = _left_out(x, fold), _left_out(x[inside], fold[inside])
        left_out_anew = _left_out(x[inside], other[inside])
        difference = of_slice - value
        found.append(
            (
                value,
                difference,
                _error(value, left_out),
                _error(difference, left_out_once - left_out),
                _error(difference, left_out_anew - left_out),
            )
        )
    values, differences, *errors = np.array(found).T
    of_value, once, anew = (float(error.mean()) for error in errors)
    deviation = float(differences.std(ddof=1))
    return Ratios(of_value / float(values.std(ddof=1)), once / deviation, anew / deviation)


def _left_out(x: Array, fold: npt.NDArray[np.int64]) -> Array:
    count = np.bincount(fold, minlength=_FOLDS)
    return np.asarray((x.sum() - np.bincount(fold, x, _FOLDS)) / (x.size - count))


def _error(value: float, left_out: Array) -> float:
    """Computes the standard error as ``jackknife._JackknifeSampleCombineFn`` of TFMA 0.46."""
    pseudo_values = value * _FOLDS - left_out * (_FOLDS - 1)
    return float(pseudo_values.std(ddof=1)) / _FOLDS**0.5


if __name__ == "__main__":
    for share in (0.1, 0.5, 0.9):
        print(share, simulate(share=share))
