"""Warns of a trap: two-column outputs under binary metrics, which TFMA flattens."""

import tensorflow_model_analysis as tfma
from checkpoint_sweep.evaluation.signature import default_name, predicted, read_signature

_BINARY = frozenset(
    {
        "AUC",
        "AUCPrecisionRecall",
        "BinaryAccuracy",
        "BinaryCrossEntropy",
        "BinaryCrossentropy",
        "Calibration",
        "F1Score",
        "MeanLabel",
        "MeanPrediction",
        "Precision",
        "Recall",
    }
)


def flattening_warning(saved_model: str, eval_config: tfma.EvalConfig) -> str | None:
    """A sentence when binary metrics would be computed over a two-column output, else None.

    TFMA then takes every example for two, one a column: precision equals recall, calibration is
    1 and cross entropy can move the wrong way.

    Args:
        saved_model: directory of the exported model.
        eval_config: with defaults filled in.
    """
    spec = next((s for s in eval_config.model_specs if not s.is_baseline), None)
    names = sorted(
        metric.class_name
        for metrics in eval_config.metrics_specs
        if not metrics.HasField("binarize") and not metrics.HasField("aggregate")
        for metric in metrics.metrics
        if metric.class_name in _BINARY
    )
    if spec is None or not names:
        return None
    signature = read_signature(saved_model, spec.signature_name or default_name(saved_model))
    if signature is None:
        return None
    outputs = dict(signature.outputs)
    key = predicted(outputs, spec.prediction_key)
    if key is None:
        return None
    dims = [dim.size for dim in outputs[key].tensor_shape.dim]
    if len(dims) != 2 or dims[1] != 2:
        return None
    return (
        f"Output {key!r} has two columns, and {', '.join(names)} would count each example twice, "
        "once a column: their values are not those of the positive class. Export the positive "
        "class's probability alone, or binarize with class_ids in metrics_specs."
    )
