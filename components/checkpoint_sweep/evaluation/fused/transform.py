"""The transform from RecordBatches to TFMA's result files, for all candidates in one pass."""

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import check_names
from checkpoint_sweep.common.files import absolute
from checkpoint_sweep.evaluation.aggregate import candidate_ranges, samples
from checkpoint_sweep.evaluation.aggregate.slice_metrics import EvaluateSlices
from checkpoint_sweep.evaluation.aggregate.state import MetricState
from checkpoint_sweep.evaluation.fused import queries, required_features
from checkpoint_sweep.evaluation.fused.loading import Loader
from checkpoint_sweep.evaluation.fused.racing.partial import Round, WritePartial
from checkpoint_sweep.evaluation.fused.racing.shares import TakeShares
from checkpoint_sweep.evaluation.fused.update_ahead import update_for
from checkpoint_sweep.evaluation.jackknife.transform import EvaluateFolds
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan import probability_thresholds
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.evaluation.predict import LoadedModels
from checkpoint_sweep.evaluation.preflight.support import unsupported_reason
from checkpoint_sweep.evaluation.results.candidate import Predictions
from checkpoint_sweep.evaluation.results.files import PREDICTIONS, Record
from checkpoint_sweep.evaluation.results.slice_records import Format, SliceMetrics
from checkpoint_sweep.evaluation.results.writer import Write, model_locations
from checkpoint_sweep.saved_model.model_source import ModelSource

DEFAULT_BATCH_SIZE = 4096


@dataclasses.dataclass(eq=False, repr=False)
class EvaluateModels(beam.PTransform):
    """Evaluates candidates, each as ``tfma.ExtractEvaluateAndWriteResults`` would.

    Applied to a PCollection of RecordBatches that hold the serialized examples in the column
    ``tfma.ARROW_INPUT_COLUMN``, or of parts of files (`inputs.reader.UnreadFeatures`), which are
    read where their examples are predicted and summed; gives the PCollection of the directories
    written. On Dask, whose runner drops what a step gives when a bundle ends, each element has a
    state, which is sent on: those of parts of files are fewer.

    Attributes:
        candidates: Models to evaluate, which are all in memory at once.
        outputs: Directory for the results of each candidate, by its name.
        eval_config: Config with its defaults
            (``tfma.utils.update_eval_config_with_defaults``): one ModelSpec, or one for the
            candidate and one with ``is_baseline``.
        baseline: Model to compare each candidate with; its metrics are computed once.
        tensor_adapter_config: Config by which columns become tensors; None for TFMA's defaults.
        batch_size: Number of rows to which larger RecordBatches are cut.
        load: Loads models, for tests.
        tracked_metrics: Metrics whose uncertainty is estimated, for `results.files.JACKKNIFE`.
        this_round: Round of a race, which takes some of the examples; None for all of them.

    Raises:
        ValueError: The evaluation needs stock TFMA (``unsupported_reason``), names of candidates
            or of metrics are not unique, or a candidate has no output directory.
    """

    candidates: Sequence[ModelSource]
    outputs: Mapping[str, str]
    eval_config: config_pb2.EvalConfig
    baseline: ModelSource | None = None
    tensor_adapter_config: Any = None
    batch_size: int = DEFAULT_BATCH_SIZE
    load: Loader = LoadedModels
    tracked_metrics: UncertaintySpec | None = None
    this_round: Round | None = None

    def __post_init__(self) -> None:
        super().__init__()
        _check(self.candidates, self.outputs, self.eval_config, self.baseline)

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        """Adds up the batches, derives the metrics, and writes them by candidate."""
        config, candidates, this_round = self.eval_config, len(self.candidates), self.this_round
        sources = [*self.candidates, *([self.baseline] if self.baseline else [])]
        signature = required_features.signature(config, self.candidates[0].saved_model)
        adapter_config = self.tensor_adapter_config
        step = update_for(batches.pipeline)(
            config,
            dict(adapter_config.tensor_representations if adapter_config else {}),
            [source.absolute() for source in sources],
            signature,
            self.batch_size,
            self.load,
            self.tracked_metrics,
        )
        if this_round is not None:
            key = self.tracked_metrics.cluster_key if self.tracked_metrics else None
            step_of_shares = beam.ParDo(TakeShares(this_round.shares, key)).with_output_types(Any)
            batches = batches | "Shares" >> step_of_shares
        updated = batches | "Update" >> beam.ParDo(step).with_output_types(Any)
        if this_round is not None and (earlier := this_round.earlier(self.candidates)):
            known = batches.pipeline | "Earlier" >> beam.Create(earlier, reshuffle=False)
            updated = (updated, known) | "WithEarlier" >> beam.Flatten()
        if this_round is not None and this_round.partial is not None:
            assert self.tracked_metrics is not None
            return updated | WritePartial(
                config, self.tracked_metrics, candidates, len(sources), this_round.partial
            )
        # Every candidate is written, also one without any slice. On Dask an element of a Create is
        # a partition, which all steps after it are set up for.
        everyone = (
            batches.pipeline
            | "Candidates" >> beam.Create([candidates], reshuffle=False)
            | "Each" >> beam.FlatMap(_numbered)
        )
        metrics: list[beam.PCollection] = []
        records = [everyone]
        for key, part in plan_lib.split_config(config).items():
            name = f"[{key}]" if key else ""
            found = updated | f"Of{name}" >> beam.Filter(_belongs, key)
            if key:
                found = (
                    found
                    | f"ByQuery{name}" >> beam.Map(_by_query)
                    | f"Group{name}" >> beam.GroupByKey()
                    | f"Queries{name}"
                    >> beam.ParDo(
                        queries.QueryStates(part, len(sources), self.tracked_metrics)
                    ).with_output_types(Any)
                )
            if self.tracked_metrics is not None and key in self.tracked_metrics.parts():
                step = EvaluateFolds(self.tracked_metrics, key, candidates, len(sources))
                records.append(found | f"Folds{name}" >> step)
            states = found | f"Whole{name}" >> beam.Filter(_is_whole).with_output_types(Any)
            whole = states | f"Merge{name}" >> candidate_ranges.MergeByRange(
                part, candidates, len(sources)
            )
            if not key:
                counted = probability_thresholds.outputs(config)
                records.append(whole | "Predictions" >> beam.FlatMap(_predictions, counted))
            if key or part.metrics_specs or not config.metrics_specs:
                metrics.append(whole | f"Evaluate{name}" >> EvaluateSlices(part, candidates))
        sliced = metrics[0]
        if len(metrics) > 1:
            # As in TFMA, a slice has one record with the metrics of all query keys.
            each = metrics | "Parts" >> beam.Flatten() | "Unblock" >> beam.FlatMap(_each)
            sliced = each | "BySlice" >> beam.GroupByKey() | "Join" >> beam.MapTuple(_joined)
        records.append(sliced | "Format" >> beam.ParDo(Format(config)))
        locations = [
            model_locations(config, candidate, self.baseline) for candidate in self.candidates
        ]
        # Workers may run in another folder, or on another machine.
        outputs = [absolute(self.outputs[candidate.name]) for candidate in self.candidates]
        return (
            records
            | "WithAll" >> beam.Flatten()
            | "ByCandidate" >> beam.GroupByKey()
            | "Write" >> beam.ParDo(Write(config, outputs, locations))
        )


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
    check_names(eval_config)
    sources = [*candidates, *([baseline] if baseline else [])]
    reason = unsupported_reason(eval_config, sources)
    if reason:
        raise ValueError(f"This evaluation needs stock TFMA, the reference engine: {reason}.")


def _numbered(candidates: int) -> Iterator[tuple[int, None]]:
    yield from ((number, None) for number in range(candidates))


def _is_whole(element: Any) -> bool:
    """Tells whether a state is of all examples, and not by fold."""
    return isinstance(element, MetricState)


def _belongs(element: Any, query_key: str) -> bool:
    """Tells whether an element is a state, or an example of a query by this key."""
    if isinstance(element, queries.QueryExample):
        return element.query_key == query_key
    return not query_key


def _each(block: list[SliceMetrics]) -> list[SliceMetrics]:
    return block


def _joined(key: Any, parts: Iterable[dict[Any, Any]]) -> list[SliceMetrics]:
    return [(key, {name: value for part in parts for name, value in part.items()})]


def _by_query(element: queries.QueryExample) -> tuple[str, queries.QueryExample]:
    return element.query, element


def _predictions(
    element: tuple[candidate_ranges.Range, MetricState], outputs: Sequence[str]
) -> Iterator[tuple[int, Record]]:
    """Yields the record of the predictions of each candidate of a range.

    Args:
        element: Range of candidates, and the state of all of them.
        outputs: Outputs with metrics with thresholds for probabilities.
    """
    candidates, whole = element
    rarer_labels = [
        ([(str(name), str(value)) for name, value in key], int(min(positives, count - positives)))
        for (sample, (key,)), count, positives in zip(
            whole.rows, whole.counts, whole.positives, strict=True
        )
        if sample == samples.FULL and not math.isnan(positives)
    ]
    for number in range(*candidates):
        non_finite, failed = int(whole.non_finite[number]), whole.errors.get(number)
        outside = whole.outside[number].tolist() if whole.outside.size else [0] * len(outputs)
        counts = dict(zip(outputs, outside, strict=True))
        counted = Predictions(whole.examples, non_finite, failed, counts, rarer_labels)
        yield number, {PREDICTIONS: json.dumps(vars(counted)).encode()}
