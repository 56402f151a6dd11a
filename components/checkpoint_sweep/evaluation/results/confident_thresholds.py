"""Thresholds that a value meets, but its confidence bound does not."""

from collections.abc import Iterator, Mapping

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.evaluation.results.metrics import Slice
from checkpoint_sweep.evaluation.results.replicates import JackknifeReplicates
from checkpoint_sweep.selection.intervals import Estimate, estimate
from checkpoint_sweep.selection.metric_lookup import MetricName, metric_name

_HIGHER = config_pb2.MetricDirection.HIGHER_IS_BETTER


def not_sure(
    eval_config: tfma.EvalConfig,
    found: Mapping[tuple[Slice, MetricName], JackknifeReplicates],
    level: float,
) -> list[str]:
    """Describes each threshold that a one-sided bound at ``level`` misses in one sentence.

    Metrics of cross slices have no standard error, and are judged by their value alone.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        found: Replicates of one candidate's metrics that have thresholds.
        level: Probability with which the bound holds.
    """
    thresholds = metric_specs.metric_thresholds_from_metrics_specs(
        eval_config.metrics_specs, eval_config=eval_config
    )
    baselines = {spec.name for spec in eval_config.model_specs if spec.is_baseline}
    sentences = []
    for key, entries in thresholds.items():
        if key.model_name in baselines:
            continue
        name = metric_name(key)
        for spec, threshold in entries:
            if isinstance(spec, config_pb2.CrossSlicingSpec):
                continue
            slices = [slice_key for slice_key, known in found if known == name]
            if spec is not None:  # Without slices, TFMA holds it to hold on every one.
                applicable = slicer_lib.SingleSliceSpec(spec=spec)
                slices = [
                    slice_key for slice_key in slices if applicable.is_slice_applicable(slice_key)
                ]
            if not slices:
                sentences.append(f"{name[-1]}, of which no standard error is known")
            for slice_key in sorted(slices):
                sentences += _of_slice(
                    name[-1], slice_key, found[slice_key, name], threshold, level
                )
    return sentences


def _of_slice(
    name: str,
    slice_key: Slice,
    found: JackknifeReplicates,
    threshold: config_pb2.GenericValueThreshold | config_pb2.GenericChangeThreshold,
    level: float,
) -> Iterator[str]:
    on = f" on {', '.join(f'{k}={v}' for k, v in slice_key)}" if slice_key else ""
    change = isinstance(threshold, config_pb2.GenericChangeThreshold)
    replicates = found.change if change else found.own
    if replicates is None:
        return  # Without a baseline there is nothing to change against.
    known = estimate(replicates, level)
    what = f"{'change of ' if change else ''}{name}{on}"
    margin = known.margin(level)
    if margin is None:
        yield f"{what}: {known.caution}"
        return
    baseline = found.baseline.value if found.baseline else None
    for bound, least in _bounds(threshold, baseline):
        reached = known.value - margin if least else known.value + margin
        if reached < bound if least else reached > bound:
            yield _sentence(what, known, reached, bound, least, level)


def _bounds(
    threshold: config_pb2.GenericValueThreshold | config_pb2.GenericChangeThreshold,
    baseline: float | None,
) -> Iterator[tuple[float, bool]]:
    """Yields the bounds of a threshold, and whether each is a lower one."""
    if isinstance(threshold, config_pb2.GenericValueThreshold):
        if threshold.HasField("lower_bound"):
            yield threshold.lower_bound.value, True
        if threshold.HasField("upper_bound"):
            yield threshold.upper_bound.value, False
        return
    least = threshold.direction == _HIGHER
    if threshold.HasField("absolute"):
        yield threshold.absolute.value, least
    if threshold.HasField("relative") and baseline:
        # A ratio to what is negative is large where the change is small.
        yield threshold.relative.value * baseline, least == (baseline > 0)


def _sentence(
    what: str, known: Estimate, reached: float, bound: float, least: bool, level: float
) -> str:
    word = "at least" if least else "at most"
    few = f"; {known.caution}" if known.caution else ""
    return (
        f"{what} = {known.value:.6g}, of which only {word} {reached:.6g} is sure at "
        f"{level:.0%} ({word} {bound:.6g} is asked for{few})"
    )
