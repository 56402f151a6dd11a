"""Vectorised twins of TFMA's leaf combiners, one file per family."""

from typing import Any

from components.evaluation.twins import base, errors, keras, multiclass, thresholds, totals


def twins() -> list[type[base.Twin]]:
    """All twins."""
    return [
        totals.ExampleCount,
        totals.Calibration,
        totals.SquaredPearson,
        totals.TjurDiscrimination,
        totals.ClassWeights,
        errors.AbsoluteError,
        errors.SquaredError,
        errors.AbsolutePercentageError,
        errors.SquaredLogarithmicError,
        errors.BinaryCrossEntropy,
        errors.CategoricalCrossEntropy,
        thresholds.CalibrationHistogram,
        thresholds.BinaryConfusionMatrix,
        multiclass.MultiClassConfusionMatrix,
        multiclass.MultiLabelConfusionMatrix,
        keras.KerasMeans,
    ]


def twin_of(combiner: Any) -> tuple[base.Twin | None, str]:
    """The twin of a combiner, or None and the reason why there is none."""
    for twin in twins():
        if type(combiner) is twin.combines:
            reason = twin.unsupported(combiner)
            return (None, reason) if reason else (twin(combiner), "")
    return None, "no twin"
