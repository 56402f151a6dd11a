"""The thresholds that an evaluation missed, in sentences."""

from collections.abc import Mapping, Set

import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import message
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2, metrics_for_slice_pb2, validation_result_pb2

from checkpoint_sweep.common.eval_config import thresholds_of
from checkpoint_sweep.common.names import MetricName, ModelNames
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.selection.metric_lookup import metric_name, names_computed_both_ways
from checkpoint_sweep.selection.thresholds import describe_missed

# TFMA asserts that the file has one record.
_UNREADABLE = (OSError, ValueError, IndexError, AssertionError)


def threshold_failures(directory: str, metrics: EvaluationMetrics | None = None) -> list[str]:
    """Describes each threshold that the evaluation missed in one sentence.

    A validation that cannot be read counts as missed.

    Args:
        directory: TFMA's output of the evaluation.
        metrics: Metrics of the same evaluation, where they are read for more; None otherwise.
    """
    try:
        validation = tfma.load_validation_result(directory)
    except (*_UNREADABLE, tf.errors.OpError, message.DecodeError) as error:
        return [f"the validation in {directory}, which cannot be read: {first_line(error)}"]
    if validation is None:
        return [f"the validation, of which there is none in {directory}"]
    if validation.validation_ok:
        return []
    both = (EvaluationMetrics(directory) if metrics is None else metrics).computed_both_ways
    failures = [
        _sentence(per_slice, failure, both)
        for per_slice in sorted(  # What is missed on all examples first.
            validation.metric_validations_per_slice,
            key=lambda one: len(one.slice_key.single_slice_keys),
        )
        for failure in per_slice.failures
    ]
    failures += [
        f"no data for the slice of a threshold: {_one_line(spec)}"
        for spec in (*validation.missing_slices, *validation.missing_cross_slices)
    ]
    if validation.missing_thresholds:  # There are none to miss.
        return failures
    return failures or [f"the validation in {directory}, which names no threshold"]


def without_meaning(
    eval_config: config_pb2.EvalConfig, reasons: Mapping[MetricName, str]
) -> list[str]:
    """Returns one sentence for each metric that has a threshold and may not decide.

    Args:
        eval_config: Evaluation config with its defaults.
        reasons: Why metrics may not decide, by name.
    """
    if not reasons:
        return []
    thresholds = thresholds_of(eval_config)
    baseline = ModelNames.of(eval_config).baseline
    both = names_computed_both_ways(eval_config)
    names = {metric_name(key, both) for key in thresholds if key.model_name != baseline}
    return [reasons[name] for name in sorted(names & reasons.keys())]


def _sentence(
    per_slice: validation_result_pb2.MetricsValidationForSlice,
    failure: validation_result_pb2.ValidationFailure,
    both: Set[MetricName],
) -> str:
    slice_name = ", ".join(_feature_value(key) for key in per_slice.slice_key.single_slice_keys)
    threshold = failure.metric_threshold
    kind = "value_threshold" if threshold.HasField("value_threshold") else "change_threshold"
    is_computed = failure.message.strip() != "Metric not found."
    return describe_missed(
        str(metric_name(metric_types.MetricKey.from_proto(failure.metric_key), both)),
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
