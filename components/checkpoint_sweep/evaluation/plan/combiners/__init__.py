"""Vectorized combiners: TFMA's leaf combiners on whole batches, one file per family."""

from typing import Any

from checkpoint_sweep.evaluation.plan.combiners import (
    base,
    confusion_matrices,
    keras_means,
    mean_errors,
    thresholds,
    totals,
)


def vectorized_combiners() -> list[type[base.VectorizedCombiner]]:
    """Lists the vectorized combiners of TFMA's; a combiner of one's own names its own."""
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


def vectorized(combiner: Any) -> tuple[base.VectorizedCombiner | None, str]:
    """Makes the vectorized form of a combiner, or gives None and the reason why there is none.

    A combiner's own class may name it in the attribute ``vectorized``. A subclass does not
    inherit it, because it may add its inputs in another way.
    """
    own = vars(type(combiner)).get("vectorized")
    kinds = [kind for kind in vectorized_combiners() if type(combiner) is kind.combines]
    if isinstance(own, type) and issubclass(own, base.VectorizedCombiner):
        kinds.append(own)
    if not kinds:
        return None, "it has no vectorized form"
    reason = kinds[0].unsupported_reason(combiner)
    return (None, reason) if reason else (kinds[0](combiner), "")
