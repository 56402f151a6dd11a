"""The metrics of all slices, from the merged state of an evaluation."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.aggregate import candidate_ranges, derive, samples
from checkpoint_sweep.evaluation.aggregate.cross_slices import AddCrossSlices
from checkpoint_sweep.evaluation.inputs.parallelism import Spread, number_of_workers
from checkpoint_sweep.evaluation.plan import plan as plan_lib


class EvaluateSlices(beam.PTransform):
    """Turns merged states into the metrics of each candidate and slice, as TFMA shows them.

    Args:
        part: Config of the metrics of one query key, or of the metrics without one.
        candidates: Number of candidates.
    """

    def __init__(self, part: config_pb2.EvalConfig, candidates: int) -> None:
        super().__init__()
        self._part = part
        self._candidates = candidates

    def expand(self, whole: beam.PCollection) -> beam.PCollection:
        """Divides the states by slice, and derives, compares and finishes their metrics."""
        plan = plan_lib.make(self._part)
        models = self._candidates + (plan.baseline_name is not None)
        workers = number_of_workers(whole.pipeline)
        # Spread: all workers derive metrics, and not only those that have merged the states.
        sliced = (
            whole
            | "Blocks" >> beam.FlatMap(candidate_ranges.blocks, plan.strides(models), workers)
            | "Spread" >> Spread()
        )
        step = derive.Derive(self._part, self._candidates)
        derived = sliced | "Derive" >> beam.ParDo(step).with_output_types(Any)
        finish = beam.ParDo(Finish(self._part)).with_output_types(Any)
        if not self._is_joined(plan):
            return derived | "Finish" >> finish
        each = derived | "Unblock" >> beam.FlatMap(_same).with_output_types(Any)
        joined = self._intervals(self._compare(each, plan))
        return joined | "Alone" >> beam.Map(_alone).with_output_types(Any) | "Finish" >> finish

    def _is_joined(self, plan: plan_lib.Plan) -> bool:
        """Tells whether metrics are joined with those of other slices, models or samples."""
        sampling = samples.Sampling.of(self._part)
        return (
            bool(self._part.cross_slicing_specs)
            or plan.baseline_name is not None
            or sampling.method is not samples.Method.NONE
        )

    def _compare(self, derived: beam.PCollection, plan: plan_lib.Plan) -> beam.PCollection:
        """Adds TFMA's cross-slice metrics, and then the differences to the baseline."""
        if self._part.cross_slicing_specs:
            specs = list(self._part.cross_slicing_specs)
            derived = derived | "CrossSlices" >> AddCrossSlices(specs, plan.cross_slice)
        if plan.baseline_name is None:
            return derived
        # Without cross slices TFMA's transform does not look into the key, whatever its
        # type hints say.
        transform = tfma_internals.compare_slices_and_models([], [], [], plan.baseline_name)
        return derived | "Compare" >> transform | "Any" >> beam.Map(_same).with_output_types(Any)

    def _intervals(self, sampled: beam.PCollection) -> beam.PCollection:
        """Joins the samples of a candidate and slice by TFMA's confidence intervals."""
        sampling = samples.Sampling.of(self._part)
        if sampling.method is samples.Method.NONE:
            return sampled
        skipped = tfma_internals.confidence_interval_params(
            self._part, self._part.metrics_specs
        ).skip_ci_metric_keys
        combine = tfma_internals.JackknifeCombineFn
        if sampling.method is samples.Method.POISSON_BOOTSTRAP:
            combine = tfma_internals.BootstrapCombineFn
        return (
            sampled
            | "AsSample" >> beam.MapTuple(_as_sample)
            | "Intervals" >> beam.CombinePerKey(combine(sampling.number, skipped))
            | "AsKey" >> beam.MapTuple(_as_key).with_output_types(Any)
        )


def _same(element: Any) -> Any:
    return element


def _alone(element: Any) -> list[Any]:
    return [element]


def _as_sample(key: derive.Key, metrics: Any) -> tuple[Any, Any]:
    # A plain tuple: Beam groups by its bytes.
    of_all = tuple(key._replace(sample=samples.FULL))
    return of_all, tfma_internals.SampleMetrics(metrics=metrics, sample_id=key.sample)


def _as_key(key: tuple[Any, ...], metrics: Any) -> tuple[derive.Key, Any]:
    return derive.Key(*key), metrics


_ERROR_KEY = "__ERROR__"


class Finish(beam.DoFn):
    """Finishes the metrics of a slice: adds those that depend on intervals, removes private ones.

    Args:
        eval_config: Config of the metrics.
    """

    def __init__(self, eval_config: config_pb2.EvalConfig) -> None:
        self._eval_config = eval_config

    def setup(self) -> None:
        """Builds the computations over confidence intervals."""
        self._ci_derived = plan_lib.make(self._eval_config).ci_derived

    def process(
        self, element: list[tuple[derive.Key, dict[Any, Any]]]
    ) -> Iterator[list[tuple[tuple[int, Any], dict[Any, Any]]]]:
        """Yields the metrics of some slices and candidates."""
        yield [
            ((key.candidate, key.slice_key), self._finished(key, metrics))
            for key, metrics in element
        ]

    def _finished(self, key: derive.Key, metrics: dict[Any, Any]) -> dict[Any, Any]:
        if key.small:
            return {_ERROR_KEY: _too_small(self._eval_config.options.min_slice_size.value)}
        sliced = tfma_internals.add_ci_derived_metrics((key.slice_key, metrics), self._ci_derived)
        _, shown = tfma_internals.remove_private_metrics(*sliced)
        return dict(shown)


def _too_small(least: int) -> str:
    """Returns the message with which TFMA replaces the metrics of a small slice."""
    return (
        "Example count for this slice key is lower than the minimum required value: "
        f"{least}. No data is aggregated for this slice."
    )
