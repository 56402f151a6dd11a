"""Vectorised twins of TFMA's leaf combiners, one file per family."""

from typing import Any

from checkpoint_sweep.evaluation.combiners import (
    base,
    confusion_matrices,
    keras_means,
    mean_errors,
    thresholds,
    totals,
)


def twins() -> list[type[base.Twin]]:
    """All twins."""
    return [
        totals.ExampleCount,
        totals.Calibration,
        totals.SquaredPearson,
        totals.TjurDiscrimination,
        totals.ClassWeights,
        mean_errors.AbsoluteError,
        mean_errors.SquaredError,
        mean_errors.AbsolutePercentageError,
        mean_errors.SquaredLogarithmicError,
        mean_errors.BinaryCrossEntropy,
        mean_errors.CategoricalCrossEntropy,
        thresholds.CalibrationHistogram,
        thresholds.BinaryConfusionMatrix,
        confusion_matrices.MultiClassConfusionMatrix,
        confusion_matrices.MultiLabelConfusionMatrix,
        keras_means.KerasMeans,
    ]


def twin_of(combiner: Any) -> tuple[base.Twin | None, str]:
    """The twin of a combiner, or None and the reason why there is none.

    A combiner's own class may name its twin in the attribute ``twin``. A subclass does not
    inherit it, because it may add its inputs in another way.
    """
    for twin in twins():
        if type(combiner) is twin.combines:
            return _made(twin, combiner)
    named = vars(type(combiner)).get("twin")
    if isinstance(named, type) and issubclass(named, base.Twin):
        return _made(named, combiner)
    return None, "no twin"


def _made(twin: type[base.Twin], combiner: Any) -> tuple[base.Twin | None, str]:
    reason = twin.unsupported(combiner)
    return (None, reason) if reason else (twin(combiner), "")
