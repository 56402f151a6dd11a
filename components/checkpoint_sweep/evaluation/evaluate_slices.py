"""The merged state of an evaluation to metrics, slice by slice."""

from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import derive, division, merge, samples, tfma_internals, write
from checkpoint_sweep.evaluation import plan as plan_lib


class EvaluateSlices(beam.PTransform):
    """Merged states to the metrics of each candidate and slice, as TFMA shows them.

    Args:
        part: the config of the metrics of one query key, or those without.
        candidates: number of candidates.
    """

    def __init__(self, part: config_pb2.EvalConfig, candidates: int) -> None:
        super().__init__()
        self._part = part
        self._candidates = candidates

    def expand(self, whole: beam.PCollection) -> beam.PCollection:
        """See the class."""
        plan = plan_lib.make(self._part)
        models = self._candidates + (plan.baseline_name is not None)
        sliced = (
            whole
            | "BySlice" >> beam.FlatMap(division.by_slice, plan.strides(models))
            | "Spread" >> beam.Reshuffle()
        )
        step = derive.Derive(self._part, self._candidates)
        derived = sliced | "Derive" >> beam.ParDo(step).with_output_types(Any)
        sampled = self._compare(derived, plan)
        counts: Any = {}
        if self._part.options.min_slice_size.value > 1:
            counts = beam.pvalue.AsDict(sliced | "Count" >> beam.Map(_count))
        finish = beam.ParDo(write.Finish(self._part), counts).with_output_types(Any)
        return self._intervals(sampled) | "Finish" >> finish

    def _compare(self, derived: beam.PCollection, plan: plan_lib.Plan) -> beam.PCollection:
        """Adds TFMA's cross-slice and difference metrics."""

        def transform() -> beam.PTransform:
            return tfma_internals.compare_slices_and_models(
                [], plan.cross_slice, list(self._part.cross_slicing_specs), plan.baseline_name
            )

        if not self._part.cross_slicing_specs and plan.baseline_name is None:
            return derived
        if not self._part.cross_slicing_specs:
            # Without cross slices TFMA's transform does not look into the key, whatever its
            # type hints say.
            return derived | "Compare" >> transform() | "Any" >> _untyped()
        number = samples.Sampling.of(self._part).number
        parts = []
        for candidate in range(self._candidates):
            for sample in (samples.FULL, *range(number)):
                name = f"[{candidate},{sample}]"
                parts.append(
                    derived
                    | f"Only{name}" >> beam.Filter(_is_of, candidate, sample)
                    | f"Slice{name}" >> beam.MapTuple(_slice_only).with_output_types(Any)
                    | f"Compare{name}" >> transform()
                    | f"Any{name}" >> _untyped()
                    | f"Key{name}" >> beam.Map(_with_key, candidate, sample)
                )
        return parts | "AllCompared" >> beam.Flatten()

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
        )


def _untyped() -> beam.PTransform:
    """Forgets the element type that Beam has inferred."""
    return beam.Map(lambda element: element).with_output_types(Any)


def _count(element: merge.SliceState) -> tuple[Any, int]:
    sampled = any(sample != samples.FULL for sample in element.counts)
    full = element.counts.get(samples.FULL)
    return element.key, sum(element.counts.values()) if sampled and full is None else int(full or 0)


def _is_of(element: tuple[derive.Key, Any], candidate: int, sample: int) -> bool:
    return element[0][0] == candidate and element[0][2] == sample


def _slice_only(key: derive.Key, metrics: Any) -> tuple[Any, Any]:
    return key[1], metrics


def _with_key(element: tuple[Any, Any], candidate: int, sample: int) -> tuple[Any, Any]:
    slice_key, metrics = element
    return (candidate, slice_key, sample), metrics


def _as_sample(key: derive.Key, metrics: Any) -> tuple[Any, Any]:
    return key[:2], tfma_internals.SampleMetrics(metrics=metrics, sample_id=key[2])
