"""TFMA's metrics of every candidate, from the sums of a slice."""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import apache_beam as beam
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import data_errors, tfma_internals
from checkpoint_sweep.evaluation.aggregate import samples, sums
from checkpoint_sweep.evaluation.aggregate.derive_blocks import BlockDerivation
from checkpoint_sweep.evaluation.aggregate.slice_state import SliceState, empty_sums
from checkpoint_sweep.evaluation.plan import plan as plan_lib

_FAILED = (
    "The metrics cannot be computed from their sums",
    "Correct the metrics of the evaluation config.",
)


class Key(NamedTuple):
    """Key of a set of metrics.

    Attributes:
        candidate: Number of the candidate.
        slice_key: Key of a slice, or the keys of two slices that are compared.
        sample: Number of the sample of the examples.
        small: Whether TFMA shows no metrics of the slice, for want of examples.
    """

    candidate: int
    slice_key: Any
    sample: int
    small: bool


class Derive(beam.DoFn):
    """Turns slice states into the metrics of each candidate and sample, derived ones included.

    Args:
        eval_config: Config of the metrics.
        candidates: Number of candidates; the baseline, if any, has this number.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        candidates: int,
    ) -> None:
        self._eval_config = eval_config
        self._candidates = candidates

    def setup(self) -> None:
        """Builds the computations."""
        self._plan = plan_lib.make(self._eval_config)
        for leaf in self._plan.leaves:
            leaf.combine.setup()
        self._sampling = samples.Sampling.of(self._eval_config)
        # Nothing after this step reads private metrics, unless one of these does.
        self._keep_private = bool(self._plan.cross_slice or self._plan.ci_derived)
        self._blocks: BlockDerivation | None = None
        if BlockDerivation.takes(self._plan, self._sampling):
            self._blocks = BlockDerivation(self._plan, self._candidates, self._keep_private)

    def process(self, element: list[SliceState]) -> Iterator[list[tuple[Key, dict[Any, Any]]]]:
        """Yields the metrics of some slices, of all their candidates that have not failed."""
        if self._blocks is None or any(one.fallback for one in element):
            yield [found for one in element for found in self._of_slice(one)]
            return
        rows = [
            (number, candidate)
            for number, one in enumerate(element)
            for candidate in one.candidates
            if candidate not in one.failed
        ]
        small = [self._is_small(one) for one in element]
        keys = [
            Key(candidate, element[number].key, samples.FULL, small[number])
            for number, candidate in rows
        ]
        with data_errors.in_a_sentence(*_FAILED):
            metrics = self._blocks.metrics(element, rows)
        yield list(zip(keys, metrics, strict=True))

    def _is_small(self, element: SliceState) -> bool:
        least = self._eval_config.options.min_slice_size.value
        return bool(element.key) and _examples(element) < least

    def _of_slice(self, element: SliceState) -> Iterator[tuple[Key, dict[Any, Any]]]:
        """Yields the metrics of one slice."""
        small = self._is_small(element)
        for sample, whole in _samples(element, self._sampling, self._plan):
            shared = derived(self._plan, leaves(self._plan, whole, self._candidates, True), True)
            for candidate in element.candidates:
                if candidate in element.failed:
                    continue
                with data_errors.in_a_sentence(*_FAILED):
                    own = leaves(self._plan, whole, candidate, False)
                    metrics = derived(self._plan, {**own, **shared}, False)
                if not self._keep_private:
                    _, metrics = tfma_internals.remove_private_metrics(element.key, metrics)
                yield Key(candidate, element.key, sample, small), metrics


def _examples(element: SliceState) -> int:
    """Counts the examples of a slice."""
    sampled = any(sample != samples.FULL for sample in element.counts)
    full = element.counts.get(samples.FULL)
    return sum(element.counts.values()) if sampled and full is None else int(full or 0)


class Sample:
    """The sums and accumulators of one sample of one slice.

    Args:
        totals: Sums by leaf.
        fallback: TFMA's accumulators by leaf and model.
    """

    def __init__(self, totals: dict[int, sums.Sums], fallback: dict[int, dict[int, Any]]) -> None:
        self.totals = totals
        self.fallback = fallback


def leaves(plan: plan_lib.Plan, whole: Sample, model: int, of_baseline: bool) -> dict[Any, Any]:
    """Returns the metrics that the leaves of one model give."""
    result: dict[Any, Any] = {}
    for index, leaf in enumerate(plan.leaves):
        if leaf.of_baseline == of_baseline:
            result.update(output(leaf, whole, index, model))
    return result


def derived(plan: plan_lib.Plan, metrics: dict[Any, Any], of_baseline: bool) -> dict[Any, Any]:
    """Adds the derived metrics of the baseline, or of a candidate."""
    for computation in plan.derived:
        if plan.only_baseline(computation.keys) == of_baseline:
            metrics.update(computation.result(metrics))
    return metrics


def output(leaf: plan_lib.Leaf, whole: Sample, index: int, model: int) -> dict[Any, Any]:
    """Returns the metrics that one leaf of one model gives."""
    accumulator = whole.fallback.get(index, {}).get(model)
    if leaf.vectorized is None:
        if accumulator is None:
            accumulator = leaf.combine.create_accumulator()
        return leaf.combine.extract_output(copy.deepcopy(accumulator))
    total = whole.totals.get(index) or empty_sums(leaf)
    buckets = leaf.vectorized.buckets
    block = total.block(model * buckets, (model + 1) * buckets)
    if accumulator is None:
        return leaf.vectorized.output(block.codes, block.values)
    mine = (leaf.vectorized.accumulator(block.codes, block.values),)
    both = leaf.combine.merge_accumulators([mine, copy.deepcopy(accumulator)])
    return leaf.combine.extract_output(both)


def _samples(
    element: SliceState, sampling: samples.Sampling, plan: plan_lib.Plan
) -> Iterator[tuple[int, Sample]]:
    """Yields the samples to compute metrics of: all of the data first, then the method's own."""
    buckets = sorted(element.counts)
    if sampling.method is not samples.Method.JACKKNIFE:
        replicates = range(sampling.number)
        for sample in (samples.FULL, *replicates):
            yield sample, _merged(element, [sample], plan)
        return
    yield samples.FULL, _merged(element, buckets, plan)
    for left_out in range(sampling.number):
        kept = [bucket for bucket in buckets if bucket != left_out]
        if kept:
            yield left_out, _merged(element, kept, plan)


def _merged(element: SliceState, chosen: list[int], plan: plan_lib.Plan) -> Sample:
    """Merges the sums and accumulators of the chosen samples."""
    totals = {}
    for leaf, by_sample in element.sums.items():
        parts = [by_sample[sample] for sample in chosen if sample in by_sample]
        if parts:
            totals[leaf] = sums.Sums.merge(parts)
    fallback: dict[int, dict[int, Any]] = {}
    for leaf, accumulators in element.fallback.items():
        combine = plan.leaves[leaf].combine
        for model in {model for model, _ in accumulators}:
            mine = [accumulators[model, s] for s in chosen if (model, s) in accumulators]
            if mine:
                merged = combine.merge_accumulators(copy.deepcopy(mine))
                fallback.setdefault(leaf, {})[model] = merged
    return Sample(totals, fallback)
