"""Thresholds that a value meets, but its confidence bound does not."""

from collections.abc import Collection, Iterator, Mapping

from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.common.names import MetricName, ModelNames, SliceName
from checkpoint_sweep.evaluation.results.replicates import JackknifeReplicates
from checkpoint_sweep.selection.formatting import plus_minus
from checkpoint_sweep.selection.intervals import Estimate, estimate
from checkpoint_sweep.selection.thresholds import (
    Bound,
    Threshold,
    describe_unsure,
    name_bound_value,
    read_thresholds,
)


def not_sure(
    eval_config: config_pb2.EvalConfig,
    found: Mapping[tuple[SliceName, MetricName], JackknifeReplicates],
    level: float,
) -> list[str]:
    """Describes each threshold that a one-sided bound at ``level`` misses in one sentence.

    Metrics of cross slices have no standard error, and are judged by their value alone.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        found: Replicates of one candidate's metrics that have thresholds.
        level: Probability with which the bound holds.
    """
    sentences = []
    for threshold, slices in _judged(eval_config, found):
        if not slices:
            sentences.append(f"{threshold.metric}, of which no standard error is known")
        for slice_key in slices:
            replicates, what = found[slice_key, threshold.metric], _what(threshold, slice_key)
            known = _estimate(threshold, replicates, level)
            if known is not None and known.standard_error is None:
                sentences.append(f"{what}: {known.caution}")
            sentences += [
                describe_unsure(what, known.value, reached, bound, level, known.caution)
                for known, reached, bound in _missed(threshold, replicates, level)
            ]
    return sentences


def within_intervals(
    eval_config: config_pb2.EvalConfig,
    found: Mapping[tuple[SliceName, MetricName], JackknifeReplicates],
    level: float,
) -> list[str]:
    """Describes each threshold that is met, and lies within the interval of what meets it.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        found: Replicates of one candidate's metrics that have thresholds.
        level: Level of the intervals, which have two sides.
    """
    one_sided = (1 + level) / 2
    return [
        f"{_what(threshold, slice_key)} {plus_minus(known.value, known.margin(one_sided))} "
        f"(needs {bound.word} {bound.limit:g})"
        for threshold, slices in _judged(eval_config, found)
        for slice_key in slices
        for known, _, bound in _missed(threshold, found[slice_key, threshold.metric], one_sided)
    ]


def _judged(
    eval_config: config_pb2.EvalConfig, found: Collection[tuple[SliceName, MetricName]]
) -> Iterator[tuple[Threshold, list[SliceName]]]:
    """Yields the thresholds of candidates, and the slices of each whose errors are known."""
    baseline = ModelNames.of(eval_config).baseline
    for threshold in read_thresholds(eval_config):
        if threshold.model_name == baseline or threshold.is_of_cross_slices:
            continue
        slices = sorted(slice_key for slice_key, name in found if name == threshold.metric)
        if threshold.slicing is not None:  # Without slices, TFMA holds it to hold on every one.
            applicable = slicer_lib.SingleSliceSpec(spec=threshold.slicing)
            slices = [key for key in slices if applicable.is_slice_applicable(key)]
        yield threshold, slices


def _what(threshold: Threshold, slice_key: SliceName) -> str:
    slice_name = str(slice_key) if slice_key else ""
    return name_bound_value(str(threshold.metric), slice_name, threshold.is_change)


def _estimate(threshold: Threshold, found: JackknifeReplicates, level: float) -> Estimate | None:
    replicates = found.change if threshold.is_change else found.own
    # Without a baseline there is nothing to change against.
    return None if replicates is None else estimate(replicates, level)


def _missed(
    threshold: Threshold, replicates: JackknifeReplicates, level: float
) -> Iterator[tuple[Estimate, float, Bound]]:
    """Yields each bound that the value's own bound misses, which comes second; none without one."""
    known = _estimate(threshold, replicates, level)
    margin = known.margin(level) if known else None
    if known is None or margin is None:
        return
    baseline = replicates.baseline.value if replicates.baseline else None
    for bound in threshold.bounds:
        absolute = bound.as_absolute(baseline)
        if absolute is None:
            continue
        reached = known.value - margin if absolute.is_lower else known.value + margin
        if absolute.is_missed_by(reached):
            yield known, reached, absolute
