"""RecordBatches to TFMA's result files, for any number of candidates in one pass."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import (
    derive,
    fused,
    merge,
    required_features,
    samples,
    support,
    tfma_internals,
    update,
    write,
)
from checkpoint_sweep.evaluation import plan as plan_lib
from checkpoint_sweep.saved_model.model_source import ModelSource

DEFAULT_BATCH_SIZE = 4096


class EvaluateModels(beam.PTransform):
    """Evaluates candidates, each as ``tfma.ExtractEvaluateAndWriteResults`` would.

    Applied to a PCollection of RecordBatches that hold the serialized examples in the column
    ``tfma.ARROW_INPUT_COLUMN``; gives the PCollection of the directories written.

    Args:
        candidates: the models to evaluate, which are all in memory at once.
        outputs: from each candidate's name to the directory for its results.
        eval_config: with defaults filled in (``tfma.utils.update_eval_config_with_defaults``):
            one ModelSpec, or one for the candidate and one with ``is_baseline``.
        baseline: the model to compare each candidate with; its metrics are computed once.
        tensor_adapter_config: how columns become tensors; TFMA's defaults without.
        batch_size: larger RecordBatches are cut to this many rows.
        rubber_stamp: as in TFMA: ignore change thresholds if there is no baseline.
        load: loads models, for tests.

    Raises:
        ValueError: the evaluation needs stock TFMA (``unsupported_reason``), names are not
            unique, or a candidate has no output directory.
    """

    def __init__(
        self,
        candidates: Sequence[ModelSource],
        outputs: Mapping[str, str],
        eval_config: config_pb2.EvalConfig,
        baseline: ModelSource | None = None,
        tensor_adapter_config: Any = None,
        batch_size: int = DEFAULT_BATCH_SIZE,
        rubber_stamp: bool = False,
        load: update.Loader = fused.LoadedModels,
    ) -> None:
        super().__init__()
        _check(candidates, outputs, eval_config, baseline)
        self._candidates = list(candidates)
        self._outputs = [outputs[candidate.name] for candidate in candidates]
        self._eval_config = eval_config
        self._baseline = baseline
        self._representations = dict(
            tensor_adapter_config.tensor_representations if tensor_adapter_config else {}
        )
        self._batch_size = batch_size
        self._rubber_stamp = rubber_stamp
        self._load = load

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        """See the class."""
        config, candidates = self._eval_config, len(self._candidates)
        plan = plan_lib.make(config)
        sources = [*self._candidates, *([self._baseline] if self._baseline else [])]
        signature = required_features.signature(config, self._candidates[0].saved_model)
        whole = (
            batches
            | "Update"
            >> beam.ParDo(
                update.Update(
                    config,
                    self._representations,
                    sources,
                    signature,
                    self._batch_size,
                    self._load,
                )
            )
            | "Key" >> beam.Map(_as_keyed)
            | "Merge" >> beam.CombinePerKey(merge.Merge(config, len(sources)))
        )
        sliced = (
            whole
            | "BySlice" >> beam.FlatMap(_by_slice, plan.strides(len(sources)))
            | "Spread" >> beam.Reshuffle()
        )
        derived = sliced | "Derive" >> beam.ParDo(
            derive.Derive(config, candidates)
        ).with_output_types(Any)
        sampled = self._compare(derived, plan)
        counts: Any = {}
        if config.options.min_slice_size.value > 1:
            counts = beam.pvalue.AsDict(sliced | "Count" >> beam.Map(_count))
        records = self._intervals(sampled) | "Format" >> beam.ParDo(write.Format(config), counts)
        predictions = whole | "Predictions" >> beam.FlatMap(_predictions, candidates)
        # Every candidate is written, also one without any slice.
        everyone = batches.pipeline | "Candidates" >> beam.Create(
            [(number, None) for number in range(candidates)]
        )
        return (
            (records, predictions, everyone)
            | "WithAll" >> beam.Flatten()
            | "ByCandidate" >> beam.GroupByKey()
            | "Write"
            >> beam.ParDo(write.Write(config, self._outputs, self._locations(), self._rubber_stamp))
        )

    def _compare(self, derived: beam.PCollection, plan: plan_lib.Plan) -> beam.PCollection:
        """Adds TFMA's cross-slice and difference metrics."""

        def transform() -> beam.PTransform:
            return tfma_internals.compare_slices_and_models(
                [],
                plan.cross_slice,
                list(self._eval_config.cross_slicing_specs),
                plan.baseline_name,
            )

        if not self._eval_config.cross_slicing_specs:
            # Without cross slices TFMA's transform does not look into the key, whatever its
            # type hints say.
            return derived | "Compare" >> transform() | "Any" >> _untyped()
        number = samples.Sampling.of(self._eval_config).number
        parts = []
        for candidate in range(len(self._candidates)):
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
        sampling = samples.Sampling.of(self._eval_config)
        if sampling.method is samples.Method.NONE:
            return sampled | "DropSample" >> beam.MapTuple(_drop_sample)
        skipped = tfma_internals.confidence_interval_params(
            self._eval_config, self._eval_config.metrics_specs
        ).skip_ci_metric_keys
        combine = tfma_internals.JackknifeCombineFn
        if sampling.method is samples.Method.POISSON_BOOTSTRAP:
            combine = tfma_internals.BootstrapCombineFn
        return (
            sampled
            | "AsSample" >> beam.MapTuple(_as_sample)
            | "Intervals" >> beam.CombinePerKey(combine(sampling.number, skipped))
        )

    def _locations(self) -> list[dict[str, str]]:
        """For each candidate, where its models are, by the names in the config."""
        located = []
        for candidate in self._candidates:
            locations = {}
            for spec in self._eval_config.model_specs:
                source = self._baseline if spec.is_baseline else candidate
                assert source is not None
                locations[spec.name] = source.location
            located.append(locations)
        return located


def _check(
    candidates: Sequence[ModelSource],
    outputs: Mapping[str, str],
    eval_config: config_pb2.EvalConfig,
    baseline: ModelSource | None,
) -> None:
    names = [candidate.name for candidate in candidates]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"Candidates need names, each its own: {names}.")
    missing = [name for name in names if name not in outputs]
    if missing:
        raise ValueError(f"These candidates have no output directory: {missing}.")
    has_baseline = any(spec.is_baseline for spec in eval_config.model_specs)
    if has_baseline != (baseline is not None):
        raise ValueError(
            "EvalConfig and models disagree: a baseline model "
            + ("is missing." if has_baseline else "is given, but no ModelSpec is_baseline.")
        )
    sources = [*candidates, *([baseline] if baseline else [])]
    reason = support.unsupported_reason(eval_config, sources)
    if reason:
        raise ValueError(f"This evaluation needs stock TFMA, the reference engine: {reason}.")


def _untyped() -> beam.PTransform:
    """Forgets the element type that Beam has inferred."""
    return beam.Map(lambda element: element).with_output_types(Any)


def _as_keyed(element: merge.State) -> tuple[int, merge.State]:
    return 0, element


def _by_slice(
    element: tuple[int, merge.State], strides: dict[int, int]
) -> Iterator[merge.SliceState]:
    return merge.by_slice(element[1], strides)


def _predictions(
    element: tuple[int, merge.State], candidates: int
) -> Iterator[tuple[int, write.Record]]:
    """What is to be said of each candidate's predictions."""
    whole = element[1]
    for number in range(candidates):
        yield number, write.predictions_record(whole.examples, int(whole.non_finite[number]))


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


def _drop_sample(key: derive.Key, metrics: Any) -> tuple[Any, Any]:
    return key[:2], metrics


def _as_sample(key: derive.Key, metrics: Any) -> tuple[Any, Any]:
    return key[:2], tfma_internals.SampleMetrics(metrics=metrics, sample_id=key[2])
