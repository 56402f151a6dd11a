"""The step that sees the data: predicts a batch with all models and sums its metrics."""

import dataclasses
import gc
import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.utils import shared
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common import progress
from checkpoint_sweep.evaluation import data_errors
from checkpoint_sweep.evaluation.aggregate import fallback, samples, slicing, sums
from checkpoint_sweep.evaluation.aggregate.state import BucketState, Row, State
from checkpoint_sweep.evaluation.fused import queries, required_features
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.inputs.extracts import (
    add_labels_and_weights,
    extract,
    signature_inputs,
)
from checkpoint_sweep.evaluation.jackknife import coarse_plan, fold_rows
from checkpoint_sweep.evaluation.plan import metric_inputs
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.deciding_metrics import Wanted
from checkpoint_sweep.saved_model import signatures
from checkpoint_sweep.saved_model.model_source import ModelSource

_LOG = logging.getLogger(__name__)

# Smaller batches cost more than they save.
_LEAST_OF_TWO = 1024

_UNFIT = (
    "The exported model cannot predict on these examples",
    "Evaluate on examples as its signature parses them, or choose another by "
    "ModelSpec.signature_name.",
)

# From sources and a signature's name to an object with ``input_specs`` and ``predict``.
Loader = Callable[[Sequence[ModelSource], str], Any]


@dataclasses.dataclass(frozen=True)
class Predicting:
    """A batch whose predictions are being made, or are there.

    Attributes:
        batch: as it was read.
        extracts: with labels and weights.
        outputs: of the predictor.
    """

    batch: pa.RecordBatch
    extracts: dict[str, Any]
    outputs: "futures.Future[list[dict[str, Any]]]"


class Update(beam.DoFn):
    """RecordBatches to states, one for each batch.

    While the models predict a batch in a thread, which TensorFlow does without Python's lock, the
    batch before it, of the same RecordBatch, is summed. From one RecordBatch to the next nothing
    is kept, since some runners drop what is given when a bundle ends; see `UpdateAhead`.

    Args:
        eval_config: with its defaults.
        representations: how columns become tensors.
        sources: the models; the baseline last, if there is one.
        signature: the signature to run.
        batch_size: RecordBatches with more rows are cut.
        load: loads the models.
        decisive: what is summed by bucket of examples too; None for nothing.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        representations: dict[str, schema_pb2.TensorRepresentation],
        sources: Sequence[ModelSource],
        signature: str,
        batch_size: int,
        load: Loader,
        decisive: Wanted | None = None,
    ) -> None:
        self._decisive = decisive
        self._eval_config = eval_config
        self._representations = representations
        self._sources = list(sources)
        self._signature = signature
        self._batch_size = batch_size
        self._load = load
        self._shared = shared.Shared()

    def setup(self) -> None:
        """Loads the models, once in a process, and builds the computations."""
        loaded = self._shared.acquire(self._load_all)
        self._predictor, self._preprocessing = loaded.predictor, loaded.preprocessing
        parts = plan_lib.split_config(self._eval_config)
        self._query_keys = [key for key in parts if key]
        self._plans = [plan_lib.make(parts[""], log=True)]
        self._bucket_rows = None
        if self._decisive is not None and "" in self._decisive.parts():
            self._bucket_rows = fold_rows.BucketRows(self._decisive)
            self._plans.append(coarse_plan.make(self._decisive.parts()[""]))
        self._leaves = plan_lib.shared_leaves(self._plans)
        for plan in self._plans:
            for leaf in plan.leaves:
                leaf.combine.setup()
        has_baseline = self._plans[0].baseline_name is not None
        self._baseline = len(self._sources) - 1 if has_baseline else None
        self._slicer = slicing.Slicer(slicing.slicing_specs(self._eval_config))
        self._sampling = samples.Sampling.of(self._eval_config)
        inputs = set(self._predictor.input_specs)
        for directory in {source.saved_model for source in self._sources}:
            if signatures.exists(directory):
                inputs |= preprocessing.inputs(self._eval_config, directory)
        self._wanted = required_features.features(self._eval_config, self._plans[0], inputs)
        self._thread = futures.ThreadPoolExecutor(1, "predict")

    def teardown(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()

    def _load_all(self) -> "_Loaded":
        has_baseline = any(spec.is_baseline for spec in self._eval_config.model_specs)
        return _Loaded(
            self._load(self._sources, self._signature),
            preprocessing.Preprocessing(
                self._eval_config,
                self._sources[0],
                self._sources[-1] if has_baseline else None,
                self._load,
            ),
        )

    def process(self, element: pa.RecordBatch) -> Iterator[Any]:
        """States for each ``batch_size`` rows, and the examples that are grouped by query."""
        waiting: Predicting | None = None
        for start, stop in pieces(element.num_rows, self._batch_size):
            following = self._predict(element.slice(start, stop - start))
            if waiting is not None:
                yield from self._finish(waiting)
            waiting = following
        if waiting is not None:
            yield from self._finish(waiting)

    def _finish(self, predicting: Predicting) -> Iterator[Any]:
        """Waits for the predictions of a batch, and sums them."""
        yield from self._sum(predicting)
        candidates = len(self._sources) - (self._baseline is not None)
        progress.done(predicting.batch.num_rows, candidates)

    def _predict(self, batch: pa.RecordBatch) -> Predicting:
        """Starts to predict a batch."""
        extracts = extract(batch, self._representations, self._wanted)
        with data_errors.in_a_sentence(*_UNFIT):
            extracts = self._preprocessing.apply(extracts)
        extracts = add_labels_and_weights(extracts, self._eval_config)
        data_errors.check_values(extracts, self._eval_config, batch.num_rows)
        with data_errors.in_a_sentence(*_UNFIT):
            inputs = signature_inputs(self._predictor.input_specs, extracts)
        predicting = self._thread.submit(self._predictor.predict, inputs)
        return Predicting(batch, extracts, predicting)

    def _sum(self, predicting: Predicting) -> Iterator[Any]:
        """What is given for a batch."""
        batch, extracts = predicting.batch, predicting.extracts
        with data_errors.in_a_sentence(*_UNFIT):
            outputs = [_single(values) for values in predicting.outputs.result()]
        rows = self._slicer.rows(self._preprocessing.sliced(extracts), batch.num_rows)
        if self._query_keys:
            yield from queries.examples(self._query_keys, extracts, outputs, rows)
        blocks = self._blocks(extracts, outputs, batch.num_rows)
        non_finite = self._non_finite(blocks)
        targets = [
            Target(plan, *divided, extracts, batch.num_rows, non_finite)
            for plan, divided in zip(
                self._plans,
                (
                    self._sampling.rows(batch, rows),
                    *([self._bucket_rows.rows(batch, rows)] if self._bucket_rows else []),
                ),
                strict=True,
            )
        ]
        for leaf, places in self._leaves:
            into = [(targets[number], index) for number, index in places]
            for models, block in blocks:
                if leaf.of_baseline != (models[0] == self._baseline):
                    continue
                try:
                    regular = self._add(leaf, models, block, into)
                except Exception as error:
                    self._fail(error, leaf, models, extracts, targets)
                    continue
                if not regular.all():
                    self._add_irregular(leaf, models, ~regular, outputs, extracts, targets, into)
        for target in targets:
            target.compact()
        whole, *by_bucket = targets
        yield whole.state
        yield from (BucketState(target.state) for target in by_bucket)

    def _add_irregular(
        self,
        leaf: plan_lib.Leaf,
        models: Sequence[int],
        irregular: np.ndarray,
        outputs: Sequence[Any],
        extracts: dict[str, Any],
        targets: Sequence["Target"],
        into: Sequence[tuple["Target", int]],
    ) -> None:
        """Adds examples that do not fit arrays, a (size,) mask, one by one."""
        for model in models:
            predictions = self._plans[0].predictions(outputs, model)
            for target, index in into:
                if model in targets[0].state.errors:
                    continue
                accumulators = target.state.fallback.setdefault(index, {})
                try:
                    target.by_example.add(leaf, model, predictions, irregular, accumulators)
                except Exception as error:
                    self._fail(error, leaf, [model], extracts, targets)

    def _fail(
        self,
        error: Exception,
        leaf: plan_lib.Leaf,
        models: Sequence[int],
        extracts: dict[str, Any],
        targets: Sequence["Target"],
    ) -> None:
        """Some of TFMA's metrics fail on NaN: that ends these models only.

        Raises:
            EvaluationError: it is not their predictions that are at fault, or they are the
                baseline's.
        """
        state = targets[0].state
        bad, size = int(state.non_finite[models].min()), state.examples
        if models[0] == self._baseline:
            data_errors.check_baseline(bad, size)
        if not bad:
            raise data_errors.explain(error, extracts, self._eval_config, size) from error
        for model in models:
            for target in targets:
                target.state.errors[model] = type(leaf.computation.combiner).__name__
            _LOG.debug("%s fails", self._sources[model].name, exc_info=error)

    def _blocks(
        self, extracts: dict[str, Any], outputs: list[Any], size: int
    ) -> list[tuple[list[int], metric_inputs.Batch]]:
        """Models that can be stacked: of the same shapes, finite on the same examples.

        A model that diverges is on its own, so that it changes nothing for its neighbours; and
        so is the baseline.
        """
        groups: dict[Any, list[int]] = {}
        for model, values in enumerate(outputs):
            key = (model == self._baseline, _shapes(values), _finite(values, size).tobytes())
            groups.setdefault(key, []).append(model)
        blocks = []
        for (of_baseline, *_), models in groups.items():
            name = self._plans[0].baseline_name if of_baseline else self._plans[0].candidate_name
            batch = metric_inputs.Batch(
                size,
                extracts["labels"],
                extracts.get("example_weights"),
                metric_inputs.stack([outputs[model] for model in models]),
                plan_lib.model_spec(self._eval_config, of_baseline),
                name or "",
            )
            blocks.append((models, batch))
        return blocks

    def _non_finite(self, blocks: list[tuple[list[int], metric_inputs.Batch]]) -> np.ndarray:
        """For each model, the number of examples whose predictions are not all finite."""
        result = np.zeros(len(self._sources), np.int64)
        for models, block in blocks:
            result[models] = block.non_finite(self._eval_config)
        return result

    def _add(
        self,
        leaf: plan_lib.Leaf,
        models: list[int],
        block: metric_inputs.Batch,
        into: Sequence[tuple["Target", int]],
    ) -> np.ndarray:
        """Adds what the vectorized combiner can; returns the mask of examples that were added."""
        nothing = np.zeros(block.size, bool)
        if leaf.vectorized is None:
            return nothing
        try:
            inputs = leaf.vectorized.inputs(block)
            regular = np.logical_and.reduce([given.regular for given in inputs])
            if not regular.any():
                return nothing
            inputs = [given.take(regular) for given in inputs]
            contributions = list(leaf.vectorized.update(inputs))
        except metric_inputs.UnsupportedError:
            return nothing
        size = int(regular.sum())
        for target, index in into:
            kept = target.pairs.take(regular)
            vectorized = target.plan.leaves[index].vectorized
            assert vectorized is not None
            parts = [
                sum_by_row(
                    kept,
                    models,
                    len(self._sources),
                    vectorized.rebucket(bucket),
                    vectorized.buckets,
                    columns,
                    size,
                )
                for bucket, columns in contributions
            ]
            if index in target.state.sums:
                parts.append(target.state.sums[index])
            if parts:  # A weighted macro average over the top k has no classes to weigh.
                target.state.sums[index] = sums.Sums.merge(parts)
        return regular


def positive_labels(labels: Any, size: int) -> np.ndarray | None:
    """(size,) bool, which labels are 1; None if they are not one 0 or 1 for each example."""
    if not isinstance(labels, np.ndarray) or labels.size != size or labels.dtype.kind not in "iuf":
        return None
    flat = labels.reshape(size)
    positive: np.ndarray = flat == 1
    return positive if (positive | (flat == 0)).all() else None


class Target:
    """A state in the making.

    Args:
        plan: of its leaves.
        labelled: its rows.
        pairs: the examples that add to each.
        extracts: of the batch, without predictions.
        size: number of examples of the batch.
        non_finite: (models,) int64, examples whose predictions are not all finite.
    """

    def __init__(
        self,
        plan: plan_lib.Plan,
        labelled: list[Row],
        pairs: slicing.Rows,
        extracts: dict[str, Any],
        size: int,
        non_finite: np.ndarray,
    ) -> None:
        counts = np.bincount(pairs.row, minlength=len(labelled))
        self.plan = plan
        self.pairs = pairs
        positives = np.full(len(labelled), np.nan)
        if (positive := positive_labels(extracts[constants.LABELS_KEY], size)) is not None:
            positives = np.bincount(
                pairs.row, weights=positive[pairs.example], minlength=len(labelled)
            )
        self.state = State(labelled, counts, {}, {}, size, non_finite, {}, positives)
        self.by_example = fallback.ExampleByExample(extracts, labelled, pairs)

    def compact(self) -> None:
        """Makes TFMA's accumulators small, before the state is sent elsewhere."""
        for index, accumulators in self.state.fallback.items():
            compact = self.plan.leaves[index].combine.compact
            for place, accumulator in accumulators.items():
                accumulators[place] = compact(accumulator)


def pieces(rows: int, batch_size: int) -> list[tuple[int, int]]:
    """Where to cut a RecordBatch: into batches of at most ``batch_size``, two if it is large.

    Of two, the first is summed while the second is predicted.

    Returns:
        The first row of each, and the row after its last.
    """
    number = -(-rows // batch_size)
    if number == 1 and rows >= 2 * _LEAST_OF_TWO:
        number = 2
    bounds = np.linspace(0, rows, number + 1).astype(int).tolist()
    return list(itertools.pairwise(bounds))


class _Loaded:
    """All that is loaded, as one object: Beam keeps only one alive between bundles."""

    def __init__(self, predictor: Any, preprocess: preprocessing.Preprocessing) -> None:
        self.predictor = predictor
        self.preprocessing = preprocess


class _Nothing:
    """Takes the place of what was loaded."""


def release() -> None:
    """Lets go of the models that Beam keeps alive in this process after a pipeline has ended."""
    shared.Shared().acquire(_Nothing)
    gc.collect()


def sum_by_row(
    pairs: slicing.Rows,
    models: list[int],
    total: int,
    bucket: Any,
    buckets: int,
    columns: Sequence[np.ndarray],
    size: int,
) -> sums.Sums:
    """Sums over (row, model, bucket) of columns that broadcast to (models, size, values)."""
    bucket = np.asarray(bucket)
    shape = np.broadcast_shapes(
        (len(models), size, 1), bucket.shape, *(np.shape(column) for column in columns)
    )
    whole = pairs.example.size == size and bool((pairs.example == np.arange(size)).all())

    def pick(array: np.ndarray) -> np.ndarray:
        array = np.broadcast_to(array, shape)
        return array if whole else array[:, pairs.example]

    model = np.asarray(models, np.int64)[:, None, None]
    codes = (pairs.row[None, :, None] * total + model) * buckets + pick(bucket)
    number_of_rows = int(pairs.row.max()) + 1 if pairs.row.size else 0
    size = number_of_rows * total * buckets
    return sums.Sums.of(codes, [pick(column) for column in columns], size)


def _single(values: dict[str, np.ndarray]) -> Any:
    """A model's outputs as TFMA holds them: no dict for a single output."""
    return next(iter(values.values())) if len(values) == 1 else values


def _shapes(outputs: Any) -> Any:
    if isinstance(outputs, dict):
        return tuple((name, value.shape[1:]) for name, value in sorted(outputs.items()))
    return outputs.shape[1:]


def _finite(outputs: Any, size: int) -> np.ndarray:
    """(size,) bool: whether all numbers that a model gives for an example are finite."""
    result = np.ones(size, bool)
    for value in outputs.values() if isinstance(outputs, dict) else [outputs]:
        if value.dtype.kind == "f" and value.shape[:1] == (size,):
            result &= np.isfinite(value).reshape(size, -1).all(axis=1)
    return result
