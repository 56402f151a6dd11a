"""The thresholds of an evaluation config, as plain data."""

from collections.abc import Iterator

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.report.document import Threshold, full_name, number
from checkpoint_sweep.selection.metric_lookup import metric_name

_Where = dict[str, str | None]


def thresholds(eval_config: tfma.EvalConfig) -> list[Threshold]:
    """One for each metric, kind of threshold and slicing spec.

    Args:
        eval_config: with its defaults filled in.
    """
    found = metric_specs.metric_thresholds_from_metrics_specs(
        eval_config.metrics_specs, eval_config=eval_config
    )
    result: list[Threshold] = []
    for key, entries in found.items():
        output, sub_key, name = metric_name(key)
        for slicing, bound in entries:
            for where in _slices(slicing):
                one = _threshold(full_name(output, name, sub_key), where, bound)
                if one not in result:
                    result.append(one)
    return result


def _slices(slicing: object) -> Iterator[_Where]:
    if slicing is None:
        yield {}
    elif isinstance(slicing, config_pb2.SlicingSpec):
        yield {
            **dict.fromkeys(slicing.feature_keys),
            **{key: str(value) for key, value in slicing.feature_values.items()},
        }


def _threshold(
    metric: str,
    where: _Where,
    bound: config_pb2.GenericValueThreshold | config_pb2.GenericChangeThreshold,
) -> Threshold:
    kind = "value" if isinstance(bound, config_pb2.GenericValueThreshold) else "change"

    def of(field: str) -> float | None:
        known = field in bound.DESCRIPTOR.fields_by_name and bound.HasField(field)
        return number(getattr(bound, field).value) if known else None

    return {
        "metric": metric,
        "slice": where,
        "kind": kind,
        "lower": of("lower_bound"),
        "upper": of("upper_bound"),
        "absolute": of("absolute"),
        "relative": of("relative"),
    }
