"""Warns of a trap: two-column outputs under binary metrics, which TFMA flattens."""

import tensorflow_model_analysis as tfma
from tensorflow.python.saved_model import loader_impl

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
    signature = _signature(saved_model, spec.signature_name or "serving_default")
    if signature is None:
        return None
    outputs = dict(signature.outputs)
    key = spec.prediction_key or (next(iter(outputs)) if len(outputs) == 1 else "")
    if key not in outputs:
        return None
    dims = [dim.size for dim in outputs[key].tensor_shape.dim]
    if len(dims) != 2 or dims[1] != 2:
        return None
    return (
        f"Output {key!r} has two columns, and {', '.join(names)} would count each example twice, "
        "once a column: their values are not those of the positive class. Export the positive "
        "class's probability alone, or binarize with class_ids in metrics_specs."
    )


def _signature(saved_model: str, name: str):  # type: ignore[no-untyped-def]
    for meta_graph in loader_impl.parse_saved_model(saved_model).meta_graphs:
        if name in meta_graph.signature_def:
            return meta_graph.signature_def[name]
    return None
