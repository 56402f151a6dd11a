"""RecordBatches to TFMA's result files, for any number of candidates in one pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
from checkpoint_sweep.evaluation import (
    derive,
    fused,
    merge,
    required_features,
    samples,
    state,
    support,
    update,
    write,
)
from checkpoint_sweep.evaluation import plan as plan_lib
from checkpoint_sweep.saved_model import model_source
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.evaluators import (
    confidence_intervals_util,
    jackknife,
    poisson_bootstrap,
)
from tensorflow_model_analysis.evaluators import (
    metrics_plots_and_validations_evaluator as tfma_eval,
)
from tensorflow_model_analysis.proto import config_pb2

DEFAULT_BATCH_SIZE = 4096


class EvaluateModels(beam.PTransform):
    """Evaluates candidates, each as ``tfma.ExtractEvaluateAndWriteResults`` would.

    Applied to a PCollection of RecordBatches that hold the serialized examples in the column
    ``tfma.ARROW_INPUT_COLUMN``; gives the PCollection of the directories written.

    Args:
        candidates: the models to evaluate.
        outputs: from each candidate's name to the directory for its results.
        eval_config: with defaults filled in (``tfma.utils.update_eval_config_with_defaults``):
            one ModelSpec, or one for the candidate and one with ``is_baseline``.
        baseline: the model to compare each candidate with; its metrics are computed once.
        schema: of the examples, for metrics that depend on it.
        tensor_adapter_config: how columns become tensors; TFMA's defaults without.
        batch_size: larger RecordBatches are cut to this many rows.
        memory_budget: bytes that the models' weights may take; more models are evaluated in
            several passes over the data. None for a share of the machine's memory.
        rubber_stamp: as in TFMA: ignore change thresholds if there is no baseline.
        load: loads models, for tests.

    Raises:
        ValueError: the evaluation needs stock TFMA (``unsupported_reason``), names are not
            unique, or a candidate has no output directory.
    """

    def __init__(
        self,
        candidates: Sequence[model_source.ModelSource],
        outputs: Mapping[str, str],
        eval_config: config_pb2.EvalConfig,
        baseline: model_source.ModelSource | None = None,
        schema: schema_pb2.Schema | None = None,
        tensor_adapter_config: Any = None,
        batch_size: int = DEFAULT_BATCH_SIZE,
        memory_budget: int | None = None,
        rubber_stamp: bool = False,
        load: Callable[[Sequence[model_source.ModelSource], str], Any] = fused.load,
    ) -> None:
        super().__init__()
        _check(candidates, outputs, eval_config, baseline)
        self._candidates = list(candidates)
        self._outputs = [outputs[candidate.name] for candidate in candidates]
        self._eval_config = eval_config
        self._baseline = baseline
        self._schema = schema
        self._representations = dict(
            tensor_adapter_config.tensor_representations if tensor_adapter_config else {}
        )
        self._batch_size = batch_size
        self._memory_budget = memory_budget
        self._rubber_stamp = rubber_stamp
        self._load = load

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        """See the class."""
        config, schema = self._eval_config, self._schema
        plan = plan_lib.make(config, schema)
        total = len(self._candidates) + (self._baseline is not None)
        merged = (
            self._states(batches, plan, total)
            | "Key" >> beam.Map(_as_keyed)
            | "Merge" >> beam.CombinePerKey(merge.Merge(config, schema, total))
            | "BySlice" >> beam.FlatMap(_by_slice, plan.strides(total))
            | "Spread" >> beam.Reshuffle()
        )
        derived = merged | "Derive" >> beam.ParDo(
            derive.Derive(config, schema, len(self._candidates))
        ).with_output_types(Any)
        sampled = self._compare(derived, plan)
        counts: Any = {}
        if config.options.min_slice_size.value > 1:
            counts = beam.pvalue.AsDict(merged | "Count" >> beam.Map(_count))
        records = self._intervals(sampled) | "Format" >> beam.ParDo(
            write.Format(config, schema), counts
        )
        # Every candidate is written, also one without any slice.
        numbers = [(number, None) for number in range(len(self._candidates))]
        everyone = batches.pipeline | "Candidates" >> beam.Create(numbers)
        return (
            (records, everyone)
            | "WithAll" >> beam.Flatten()
            | "ByCandidate" >> beam.GroupByKey()
            | "Write"
            >> beam.ParDo(
                write.Write(config, self._outputs, self._locations(), self._rubber_stamp)
            )
        )

    def _states(
        self, batches: beam.PCollection, plan: plan_lib.Plan, total: int
    ) -> beam.PCollection:
        """The states of all batches, one pass over the data for each group of models."""
        numbers = {candidate.name: i for i, candidate in enumerate(self._candidates)}
        groups = fused.plan_groups(
            self._candidates, self._memory_budget or fused.default_memory_budget()
        )
        signature = required_features.signature(self._eval_config, self._candidates[0].saved_model)
        needs_both = any(leaf.twin is None for leaf in plan.leaves)
        passes = []
        for index, group in enumerate(groups):
            sources = list(group)
            ids = [numbers[source.name] for source in group]
            if self._baseline is not None and (index == 0 or needs_both):
                sources.append(self._baseline)
                ids.append(total - 1)
            step = update.Update(
                self._eval_config,
                self._schema,
                self._representations,
                sources,
                ids,
                total,
                total - 1 if self._baseline is not None else None,
                index == 0,
                signature,
                self._batch_size,
                self._load,
            )
            passes.append(batches | f"Update[{index}]" >> beam.ParDo(step))
        return passes[0] if len(passes) == 1 else passes | "Passes" >> beam.Flatten()

    def _compare(self, derived: beam.PCollection, plan: plan_lib.Plan) -> beam.PCollection:
        """Adds TFMA's cross-slice and difference metrics."""

        def transform() -> beam.PTransform:
            return tfma_eval._AddDerivedCrossSliceAndDiffMetrics(
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
        skipped = tfma_eval._get_confidence_interval_params(
            self._eval_config, self._eval_config.metrics_specs
        ).skip_ci_metric_keys
        combine: beam.CombineFn = jackknife._JackknifeSampleCombineFn(sampling.number, skipped)
        if sampling.method is samples.Method.POISSON_BOOTSTRAP:
            combine = poisson_bootstrap._BootstrapSampleCombineFn(sampling.number, skipped)
        return (
            sampled
            | "AsSample" >> beam.MapTuple(_as_sample)
            | "Intervals" >> beam.CombinePerKey(combine)
        )

    def _locations(self) -> list[dict[str, str]]:
        """For each candidate, where its models are, by the names in the config."""
        located = []
        for candidate in self._candidates:
            locations = {}
            for spec in self._eval_config.model_specs:
                source = self._baseline if spec.is_baseline else candidate
                assert source is not None
                locations[spec.name] = _location(source)
            located.append(locations)
        return located


def _check(
    candidates: Sequence[model_source.ModelSource],
    outputs: Mapping[str, str],
    eval_config: config_pb2.EvalConfig,
    baseline: model_source.ModelSource | None,
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


def _location(source: model_source.ModelSource) -> str:
    """The SavedModel, or the checkpoint whose weights it is run with."""
    own = model_source.ModelSource.from_saved_model(source.name, source.saved_model)
    return source.saved_model if source.weights == own.weights else source.weights


def _untyped() -> beam.PTransform:
    """Forgets the element type that Beam has inferred."""
    return beam.Map(lambda element: element).with_output_types(Any)


def _as_keyed(element: state.State) -> tuple[int, state.State]:
    return 0, element


def _by_slice(
    element: tuple[int, state.State], strides: dict[int, int]
) -> Iterator[merge.SliceState]:
    return merge.by_slice(element[1], strides)


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
    return key[:2], confidence_intervals_util.SampleMetrics(metrics=metrics, sample_id=key[2])
