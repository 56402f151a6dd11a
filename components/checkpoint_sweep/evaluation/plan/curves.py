"""Metrics of curves, whose thresholds lie in [0, 1]: they need predictions that do so too.

TFMA takes a prediction below 0 for 0, and one above 1 for 1. Of logits, the area under a curve is
that of a few of its points, and often ranks candidates the other way round.
"""

from collections.abc import Iterator, Mapping

from tensorflow_model_analysis.metrics import metric_specs
from tensorflow_model_analysis.proto import config_pb2

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


def outputs_with_curves(eval_config: config_pb2.EvalConfig) -> list[str]:
    """Returns the outputs of which some metric is one of a curve; "" for the only output.

    Args:
        eval_config: Evaluation config with its defaults.
    """
    return sorted(
        {
            output
            for spec in eval_config.metrics_specs
            if any(_is_one_of(metric, _CURVES) for metric in spec.metrics)
            for output in spec.output_names or [""]
        }
    )


def curves_out_of_range(
    eval_config: config_pb2.EvalConfig, outside: Mapping[str, int], examples: int
) -> dict[MetricName, str]:
    """Returns why metrics of curves may not decide, by name; those that may are left out.

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
            "tf.sigmoid makes them of logits, or take another metric"
        )
        for name in _names(eval_config)
        if outside.get(name.output_name)
    }


def areas(eval_config: config_pb2.EvalConfig) -> set[MetricName]:
    """Returns the names of the areas under curves, which take near predictions for ties."""
    return set(_names(eval_config, _AREAS))


def _is_one_of(metric: config_pb2.MetricConfig, classes: frozenset[str]) -> bool:
    kinds = type(metric_specs.metric_instance(metric)).__mro__
    return not classes.isdisjoint(kind.__name__ for kind in kinds)


def _names(
    eval_config: config_pb2.EvalConfig, classes: frozenset[str] = _CURVES
) -> Iterator[MetricName]:
    both = names_computed_both_ways(eval_config)
    for spec in eval_config.metrics_specs:
        for metric in spec.metrics:
            if _is_one_of(metric, classes):
                for name in names_of(eval_config, spec, metric, both):
                    if _TOP_K not in name.sub_key and not name.name.startswith("_"):
                        yield name
