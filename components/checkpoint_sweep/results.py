"""Reads one candidate's TFMA results back from disk."""

import math

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2

from components.checkpoint_sweep.selection import CandidateResult, Selection, SelectionError


def read_result(
    directory: str, model_name: str, name: str, step: int, selection: Selection
) -> CandidateResult:
    """Reads the selection metric and the missed thresholds.

    Args:
        directory: TFMA's output of one evaluation.
        model_name: of the candidate's model spec; empty when it is the only one.
        name: of the candidate.
        step: its training step.
        selection: the metric to read.

    Raises:
        SelectionError: the slice that the selection names is not in the results.
    """
    result = tfma.load_eval_result(directory, model_name=model_name)
    slices = {_plain(key): metrics for key, metrics in result.slicing_metrics}
    wanted = tuple(sorted((k, str(v)) for k, v in selection.slice.items()))
    if wanted not in slices:
        known = sorted("/".join(f"{k}={v}" for k, v in s) or "overall" for s in slices)
        raise SelectionError(
            f"{name} has no result for {selection}. Its slices are: {', '.join(known[:40])}. Name "
            "one of these, or add the slice to slicing_specs."
        )
    metrics = slices[wanted].get(selection.output_name, {}).get(selection.sub_key, {})
    value = metrics.get(selection.metric)
    return CandidateResult(name, step, _as_float(value), tuple(threshold_failures(directory)))


def threshold_failures(directory: str) -> list[str]:
    """One sentence for each threshold that the evaluation missed; none without thresholds."""
    try:
        validation = tfma.load_validation_result(directory)
    except (OSError, ValueError, IndexError):
        return []
    if validation is None or validation.validation_ok:
        return []
    failures = [
        _sentence(per_slice, failure)
        for per_slice in validation.metric_validations_per_slice
        for failure in per_slice.failures
    ]
    return failures + [
        f"no data for the slice of a threshold: {_one_line(spec)}"
        for spec in (*validation.missing_slices, *validation.missing_cross_slices)
    ]


def _sentence(
    per_slice: validation_result_pb2.MetricsValidationForSlice,
    failure: validation_result_pb2.ValidationFailure,
) -> str:
    where = ", ".join(_feature_value(key) for key in per_slice.slice_key.single_slice_keys)
    threshold = failure.metric_threshold
    kind = "value_threshold" if threshold.HasField("value_threshold") else "change_threshold"
    bound = _one_line(getattr(threshold, kind))
    value = f" = {failure.metric_value.double_value.value:.6g}"
    if failure.message.strip() == "Metric not found.":
        value = " was not computed"
    difference = "change of " if kind == "change_threshold" else ""
    return (
        f"{difference}{failure.metric_key.name}{value}"
        + (f" on {where}" if where else "")
        + f" ({bound})"
    )


def _feature_value(key: metrics_for_slice_pb2.SingleSliceKey) -> str:
    value = getattr(key, key.WhichOneof("kind"))
    return f"{key.column}={value.decode() if isinstance(value, bytes) else value}"


def _one_line(message: object) -> str:
    return " ".join(str(message).replace("{", "").replace("}", "").split())


def _plain(slice_key: tuple) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(k), str(v)) for k, v in slice_key))


def _as_float(value: dict | None) -> float | None:
    """A scalar metric's value; TFMA prints NaN and infinity as text."""
    if not value or "doubleValue" not in value:
        return None
    number = value["doubleValue"]
    return float(number) if number is not None else math.nan
