"""Metrics whose thresholds are for probabilities: they need predictions in [0, 1].

TFMA takes a prediction below 0 for 0, and one above 1 for 1. Of logits, the area under a curve is
that of a few of its points, and often ranks candidates the other way round. Precision, accuracy and
the like have the threshold 0.5 where the config sets none, which is no half of a logit.
"""

from collections.abc import Callable, Iterator, Mapping

from tensorflow_model_analysis.metrics import metric_specs
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import metric_settings
from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.evaluation.plan.tracked_metrics import names_of
from checkpoint_sweep.selection.metric_lookup import names_computed_both_ways

# Beyond it a prediction is no rounding of 0 or 1.
TOLERANCE = 1e-6
# Subclasses included: TFMA's AUCPrecisionRecall is one of AUC.
_AREAS = frozenset({"AUC"})
_CURVES = _AREAS | {
    "MaxRecall",
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
    "ThresholdAtRecall",
}
# Predictions that are not among the top are minus infinity by design.
_TOP_K = "topK"
# Metrics at one threshold, 0.5 by default: TFMA's by their base class, and Keras'.
_AT_A_THRESHOLD = frozenset({"BinaryAccuracy", "ConfusionMatrixMetric", "Precision", "Recall"})
_THRESHOLD_FIELDS = frozenset({"threshold", "thresholds", "top_k"})


def outputs(eval_config: config_pb2.EvalConfig) -> list[str]:
    """Returns the outputs with a metric whose thresholds are for probabilities.

    The only output is "".

    Args:
        eval_config: Evaluation config with its defaults.
    """
    return sorted(
        {
            output
            for spec in eval_config.metrics_specs
            if any(_needs_probabilities(metric) for metric in spec.metrics)
            for output in spec.output_names or [""]
        }
    )


def out_of_range(
    eval_config: config_pb2.EvalConfig, outside: Mapping[str, int], examples: int
) -> dict[MetricName, str]:
    """Returns why metrics may not decide, by name, where predictions are no probabilities.

    Args:
        eval_config: Evaluation config with its defaults.
        outside: Number of examples with a prediction outside of [0, 1], by output.
        examples: Number of all examples.
    """
    if not any(outside.values()):
        return {}
    return {
        name: (
            f"{name} cannot decide: its predictions leave [0, 1], the range of its thresholds, on "
            f"{outside[name.output_name]:,} of {examples:,} examples. Export probabilities, as "
            "tf.sigmoid makes them of logits, set thresholds in the metric's config if it takes "
            "them, or take another metric"
        )
        for name in _names(eval_config, _needs_probabilities)
        if outside.get(name.output_name)
    }


def areas(eval_config: config_pb2.EvalConfig) -> set[MetricName]:
    """Returns the names of the areas under curves, which take near predictions for ties."""
    return set(_names(eval_config, _is_area))


def _is_area(metric: config_pb2.MetricConfig) -> bool:
    return not _AREAS.isdisjoint(_kinds(metric))


def _needs_probabilities(metric: config_pb2.MetricConfig) -> bool:
    kinds = _kinds(metric)
    if not _CURVES.isdisjoint(kinds):
        return True
    settings = metric_settings(metric)
    return not _AT_A_THRESHOLD.isdisjoint(kinds) and _THRESHOLD_FIELDS.isdisjoint(settings)


def _kinds(metric: config_pb2.MetricConfig) -> set[str]:
    return {kind.__name__ for kind in type(metric_specs.metric_instance(metric)).__mro__}


def _names(
    eval_config: config_pb2.EvalConfig, chosen: Callable[[config_pb2.MetricConfig], bool]
) -> Iterator[MetricName]:
    both = names_computed_both_ways(eval_config)
    for spec in eval_config.metrics_specs:
        for metric in filter(chosen, spec.metrics):
            for name in names_of(eval_config, spec, metric, both):
                if _TOP_K not in name.sub_key and not name.name.startswith("_"):
                    yield name
