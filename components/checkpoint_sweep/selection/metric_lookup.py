"""The metrics that an evaluation config computes, and the directions that it declares."""

import dataclasses

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.selection.criteria import Direction, ThresholdMode
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.set_policies import SecondaryMetric


def complete_name(selection: Selection, eval_config: tfma.EvalConfig) -> Selection:
    """Finds output and sub key where the metric names them, or where only one has the metric.

    A metric is named as messages and reports do: `price/mean_absolute_error`, `topK:3/recall`.

    Args:
        selection: Metric to choose by.
        eval_config: Evaluation config with TFMA's defaults.

    Returns:
        The selection with `output_name` and `sub_key`, or as it is if that does not tell.
    """
    if selection.output_name or selection.sub_key:
        return selection
    available = {metric_name(key) for key in computed_metrics(eval_config)}
    whole = [name for name in available if selection.metric == "/".join(filter(None, name))]
    found = whole or [name for name in available if selection.metric == name[-1]]
    if len(found) != 1:
        return selection
    ((output, sub_key, metric),) = found
    return dataclasses.replace(selection, output_name=output, sub_key=sub_key, metric=metric)


def resolve_direction(selection: Selection, eval_config: tfma.EvalConfig) -> Direction:
    """Checks that the metric will be computed, and says which of its values are better.

    Args:
        selection: Metric to choose by.
        eval_config: Evaluation config with TFMA's defaults filled in, change thresholds still in
            it.

    Raises:
        SelectionError: The config does not compute the metric, declares no direction for it,
            or declares another than the selection does; or a name that decides stands for a
            weighted and an unweighted value.
    """
    available = sorted({metric_name(key) for key in computed_metrics(eval_config)})
    if selection.metric_name not in available:
        names = ", ".join("/".join(part for part in name if part) for name in available)
        names = names or "nothing"
        raise SelectionError(
            f"The evaluation config does not compute {selection.metric!r}"
            + (f" for {selection.sub_key!r}" if selection.sub_key else "")
            + f", by which to select. It computes: {names}. Name one of these, or add the "
            "metric to metrics_specs."
        )
    _check_unambiguous(selection, eval_config)
    declared = _declared_direction(selection.metric_name, eval_config)
    if selection.direction and declared and selection.direction is not declared:
        raise SelectionError(
            f"The selection says {selection.direction.value} for {selection.metric!r}, its "
            f"change threshold says {declared.value}. Correct one of them."
        )
    direction = selection.direction or declared
    if direction is None:
        raise SelectionError(
            f"No direction is declared for {selection.metric!r}. Pass "
            f"Selection({selection.metric!r}, direction=Direction.HIGHER_IS_BETTER) or "
            "LOWER_IS_BETTER, or give the metric a change_threshold with a direction."
        )
    return direction


def _check_unambiguous(selection: Selection, eval_config: tfma.EvalConfig) -> None:
    """Checks that no name by which something is decided stands for two values.

    Thresholds are met by each value; only their bounds are looked up by name.
    """
    kinds: dict[MetricName, set[bool | None]] = {}
    for key in computed_metrics(eval_config):
        kinds.setdefault(metric_name(key), set()).add(key.example_weighted)
    names = {selection.metric_name}
    if isinstance(selection.policy, SecondaryMetric):
        names |= {name for name in kinds if str(name) == selection.policy.metric}
    if selection.threshold_mode is ThresholdMode.CONFIDENT:
        names |= {
            metric_name(key)
            for key in metric_specs.metric_thresholds_from_metrics_specs(
                eval_config.metrics_specs, eval_config=eval_config
            )
        }
    for name in sorted(names):
        if len(kinds.get(name, ())) > 1:
            raise SelectionError(
                f"{str(name)!r} stands for two values, since metrics_specs compute it "
                "weighted and unweighted. Compute one of them; or add a second metrics_specs for "
                "the other, with example_weights of its own and the metric under another name in "
                "its config."
            )


def check_slice(selection: Selection, eval_config: tfma.EvalConfig) -> None:
    """Checks that the config makes the slice to select on; its values only the data tell.

    Raises:
        SelectionError: No slicing spec has its features, or has other values for them.
    """
    wanted = {key: str(value) for key, value in selection.slice.items()}
    known = []
    for slicing in eval_config.slicing_specs or [config_pb2.SlicingSpec()]:
        if slicing.slice_keys_sql:
            return
        fixed = dict(slicing.feature_values)
        if wanted.keys() == {*slicing.feature_keys, *fixed} and fixed.items() <= wanted.items():
            return
        parts = [*slicing.feature_keys, *(f"{key}={value}" for key, value in fixed.items())]
        known.append("/".join(sorted(parts)) or "overall")
    raise SelectionError(
        f"The evaluation config has no slice for {selection}. It slices by: "
        f"{', '.join(sorted(set(known)))}. Select on one of these, or add the slice to "
        "slicing_specs."
    )


def computed_metrics(eval_config: tfma.EvalConfig) -> list[metric_types.MetricKey]:
    """Lists the keys of the metrics (plots and private ones aside) of the candidate model."""
    keys = []
    for computation in metric_specs.to_computations(
        eval_config.metrics_specs, eval_config=eval_config
    ):
        keys += [
            key
            for key in computation.keys
            if not isinstance(key, metric_types.PlotKey | metric_types.AttributionsKey)
            and not key.name.startswith("_")
            and not key.is_diff
        ]
    return keys


def metric_name(key: metric_types.MetricKey) -> MetricName:
    """Names a metric as selections do."""
    parts = [str(part) for part in (key.sub_key, key.aggregation_type) if part]
    return MetricName(key.output_name or "", "/".join(parts), key.name)


def _declared_direction(metric: MetricName, eval_config: tfma.EvalConfig) -> Direction | None:
    thresholds = metric_specs.metric_thresholds_from_metrics_specs(
        eval_config.metrics_specs, eval_config=eval_config
    )
    declared = {
        Direction(config_pb2.MetricDirection.Name(threshold.direction))
        for key, entries in thresholds.items()
        if metric_name(key) == metric
        for _, threshold in entries
        if isinstance(threshold, config_pb2.GenericChangeThreshold) and threshold.direction
    }
    if len(declared) > 1:
        raise SelectionError(
            f"The change thresholds of {metric.name!r} declare both directions. Leave one of them."
        )
    return declared.pop() if declared else None
