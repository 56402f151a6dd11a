"""Thresholds that a value meets, but its confidence bound does not."""

from collections.abc import Iterator, Mapping

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.common.names import MetricName, ModelNames, SliceName
from checkpoint_sweep.evaluation.results.replicates import JackknifeReplicates
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.thresholds import (
    Threshold,
    describe_unsure,
    name_bound_value,
    read_thresholds,
)


def not_sure(
    eval_config: tfma.EvalConfig,
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
    baseline = ModelNames.of(eval_config).baseline
    sentences = []
    for threshold in read_thresholds(eval_config):
        if threshold.model_name == baseline or threshold.is_of_cross_slices:
            continue
        slices = sorted(slice_key for slice_key, name in found if name == threshold.metric)
        if threshold.slicing is not None:  # Without slices, TFMA holds it to hold on every one.
            applicable = slicer_lib.SingleSliceSpec(spec=threshold.slicing)
            slices = [key for key in slices if applicable.is_slice_applicable(key)]
        if not slices:
            sentences.append(f"{threshold.metric}, of which no standard error is known")
        for slice_key in slices:
            replicates = found[slice_key, threshold.metric]
            sentences += _of_slice(threshold, slice_key, replicates, level)
    return sentences


def _of_slice(
    threshold: Threshold, slice_key: SliceName, found: JackknifeReplicates, level: float
) -> Iterator[str]:
    replicates = found.change if threshold.is_change else found.own
    if replicates is None:
        return  # Without a baseline there is nothing to change against.
    known = estimate(replicates, level)
    slice_name = str(slice_key) if slice_key else ""
    what = name_bound_value(str(threshold.metric), slice_name, threshold.is_change)
    margin = known.margin(level)
    if margin is None:
        yield f"{what}: {known.caution}"
        return
    baseline = found.baseline.value if found.baseline else None
    for bound in threshold.bounds:
        absolute = bound.as_absolute(baseline)
        if absolute is None:
            continue
        reached = known.value - margin if absolute.is_lower else known.value + margin
        if absolute.is_missed_by(reached):
            yield describe_unsure(what, known.value, reached, absolute, level, known.caution)
