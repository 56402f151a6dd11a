"""What an evaluation config demands, in words."""

from collections.abc import Iterator
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.report.swept import full_name
from checkpoint_sweep.selection.metric_lookup import metric_name


def demands(eval_config: tfma.EvalConfig) -> list[str]:
    """A line for each threshold of a metric on a slice; cross slices aside.

    Args:
        eval_config: with its defaults filled in.
    """
    thresholds = metric_specs.metric_thresholds_from_metrics_specs(
        eval_config.metrics_specs, eval_config=eval_config
    )
    lines = [
        f"{full_name(metric_name(key))} {bound} on {_where(spec)}"
        for key, entries in thresholds.items()
        for spec, threshold in entries
        if not isinstance(spec, config_pb2.CrossSlicingSpec)
        for bound in _bounds(threshold)
    ]
    return sorted(dict.fromkeys(lines))


def _bounds(threshold: Any) -> Iterator[str]:
    if isinstance(threshold, config_pb2.GenericValueThreshold):
        if threshold.HasField("lower_bound"):
            yield f"at least {threshold.lower_bound.value:g}"
        if threshold.HasField("upper_bound"):
            yield f"at most {threshold.upper_bound.value:g}"
        return
    higher = threshold.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER
    word = "at least" if higher else "at most"
    if threshold.HasField("absolute"):
        yield f"change against the baseline {word} {threshold.absolute.value:+g}"
    if threshold.HasField("relative"):
        yield f"change against the baseline {word} {threshold.relative.value:+.3%}"


def _where(spec: config_pb2.SlicingSpec | None) -> str:
    if spec is None:
        return "every slice"
    parts = [f"every {key}" for key in spec.feature_keys]
    parts += [f"{key}={value}" for key, value in sorted(spec.feature_values.items())]
    return ", ".join(parts) or "all examples"
