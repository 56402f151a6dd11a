"""The thresholds that an evaluation missed, in sentences."""

import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import message
from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2

from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.selection.thresholds import describe_missed

# TFMA asserts that the file has one record.
_UNREADABLE = (OSError, ValueError, IndexError, AssertionError)


def threshold_failures(directory: str) -> list[str]:
    """Describes each threshold that the evaluation missed in one sentence.

    A validation that cannot be read counts as missed.
    """
    try:
        validation = tfma.load_validation_result(directory)
    except (*_UNREADABLE, tf.errors.OpError, message.DecodeError) as error:
        return [f"the validation in {directory}, which cannot be read: {first_line(error)}"]
    if validation is None:
        return [f"the validation, of which there is none in {directory}"]
    if validation.validation_ok:
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
    slice_name = ", ".join(_feature_value(key) for key in per_slice.slice_key.single_slice_keys)
    threshold = failure.metric_threshold
    kind = "value_threshold" if threshold.HasField("value_threshold") else "change_threshold"
    is_computed = failure.message.strip() != "Metric not found."
    return describe_missed(
        failure.metric_key.name,
        failure.metric_value.double_value.value if is_computed else None,
        slice_name,
        kind == "change_threshold",
        _one_line(getattr(threshold, kind)),
    )


def _feature_value(key: metrics_for_slice_pb2.SingleSliceKey) -> str:
    value = getattr(key, key.WhichOneof("kind"))
    return f"{key.column}={value.decode() if isinstance(value, bytes) else value}"


def _one_line(proto: object) -> str:
    return " ".join(str(proto).replace("{", "").replace("}", "").split())
