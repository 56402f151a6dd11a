"""Gives thresholds that a config keeps by the name of a metric to the metric itself.

`MetricsSpec.thresholds` and its like are made for metrics in the graph of an EvalSavedModel: TFMA
looks for a value that is neither weighted nor unweighted, and says that it was not computed.
"""

import copy
from collections.abc import Iterable
from typing import Any

from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

# Fields of a `MetricsSpec`; all but the first have the same name in a `MetricConfig`.
_KINDS = ("thresholds", "per_slice_thresholds", "cross_slice_thresholds")


def with_thresholds_at_metrics(eval_config: config_pb2.EvalConfig) -> config_pb2.EvalConfig:
    """Returns the config with the thresholds of `MetricsSpec` moved to the metrics of that name.

    A name is looked for in its own MetricsSpec, then in the others. What no metric is called
    stays where it is.

    Args:
        eval_config: Evaluation config, with or without defaults.

    Raises:
        ValueError: A metric has another threshold of its own already.
    """
    result = copy.deepcopy(eval_config)
    for spec in result.metrics_specs:
        for kind in _KINDS:
            given = getattr(spec, kind)
            for name in list(given):
                if found := _find(name, spec, result.metrics_specs):
                    for metric in found:
                        _add(name, kind, metric, given[name])
                    del given[name]
    return result


def without_thresholds(eval_config: config_pb2.EvalConfig) -> config_pb2.EvalConfig:
    """Returns the config with the same metrics, and without any threshold."""
    result = copy.deepcopy(eval_config)
    for spec in result.metrics_specs:
        for kind in _KINDS:
            spec.ClearField(kind)
        for metric in spec.metrics:
            for kind in ("threshold", *_KINDS[1:]):
                metric.ClearField(kind)
    return result


def named_thresholds(eval_config: config_pb2.EvalConfig) -> set[str]:
    """Returns the names of metrics whose thresholds are those of a `MetricsSpec`."""
    return {
        name
        for spec in eval_config.metrics_specs
        for kind in _KINDS
        for name in getattr(spec, kind)
    }


def _find(
    name: str, own: config_pb2.MetricsSpec, specs: Iterable[config_pb2.MetricsSpec]
) -> list[config_pb2.MetricConfig]:
    return _called(name, own) or [metric for spec in specs for metric in _called(name, spec)]


def _called(name: str, spec: config_pb2.MetricsSpec) -> list[config_pb2.MetricConfig]:
    classes = metric_types.registered_metrics()
    return [
        metric
        for metric in spec.metrics
        if metric_specs.metric_instance(metric, classes).name == name
    ]


def _add(name: str, kind: str, metric: config_pb2.MetricConfig, given: Any) -> None:
    """Adds what a `MetricsSpec` has of one kind to the thresholds that a metric has."""
    if kind != "thresholds":
        getattr(metric, kind).extend(given.thresholds)
        return
    into = metric.threshold
    for field, value in given.ListFields():
        if into.HasField(field.name) and getattr(into, field.name) != value:
            raise ValueError(f"{name!r} has two thresholds, of its own and in its MetricsSpec")
    into.MergeFrom(given)
