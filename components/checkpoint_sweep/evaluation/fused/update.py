"""The step that sees the data: predicts a batch with all models and sums its metrics."""

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from concurrent import futures
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.utils import shared
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common import progress
from checkpoint_sweep.evaluation import data_errors
from checkpoint_sweep.evaluation.aggregate import samples, slicing
from checkpoint_sweep.evaluation.aggregate.batch_accumulator import BatchAccumulator
from checkpoint_sweep.evaluation.aggregate.entries import Contribution
from checkpoint_sweep.evaluation.aggregate.running_state import RunningState
from checkpoint_sweep.evaluation.aggregate.state import FoldState, MetricState
from checkpoint_sweep.evaluation.fused import queries, required_features
from checkpoint_sweep.evaluation.fused.loading import Loaded, Loader
from checkpoint_sweep.evaluation.fused.pieces import batches_of
from checkpoint_sweep.evaluation.fused.stacking import (
    count_non_finite,
    count_outside,
    single_output,
    stack_models,
)
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.inputs.parts import UnreadParts
from checkpoint_sweep.evaluation.inputs.preparer import UNFIT, BatchPreparer, PreparedBatch
from checkpoint_sweep.evaluation.jackknife import fold_rows, folds
from checkpoint_sweep.evaluation.plan import metric_inputs, probability_thresholds
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.saved_model.model_source import ModelSource

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class PendingBatch:
    """A batch whose predictions are being made, or are there.

    Attributes:
        prepared: Batch as the metrics take it.
        outputs: Outputs of the predictor, when they are there.
    """

    prepared: PreparedBatch
    outputs: "futures.Future[list[dict[str, Any]]]"


class Update(beam.DoFn):
    """Turns RecordBatches, and parts of files that it reads itself, into states, one for each.

    While the models predict a batch in a thread, which TensorFlow does without Python's lock, the
    batch before it, of the same element, is summed; `UpdateAhead` does so all through a bundle.

    Args:
        eval_config: Config of the evaluation, with its defaults.
        representations: Tensor representations, by which columns become tensors.
        sources: Models; the baseline last, if there is one.
        signature: Name of the signature to run.
        batch_size: Number of rows to which larger RecordBatches are cut.
        load: Loads the models.
        tracked_metrics: Metrics that are summed by fold of the examples too; None for none.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        representations: dict[str, schema_pb2.TensorRepresentation],
        sources: Sequence[ModelSource],
        signature: str,
        batch_size: int,
        load: Loader,
        tracked_metrics: UncertaintySpec | None = None,
    ) -> None:
        self._tracked_metrics = tracked_metrics
        self._eval_config = eval_config
        self._representations = representations
        self._sources = list(sources)
        self._signature = signature
        self._batch_size = batch_size
        self._load = load
        self._shared = shared.Shared()

    def setup(self) -> None:
        """Loads the models, once in a process, and builds the computations."""
        loaded = self._loaded = self._shared.acquire(self._load_all)
        parts = plan_lib.split_config(self._eval_config)
        self._query_keys = [key for key in parts if key]
        self._plans = [plan_lib.make(parts[""], log=True)]
        self._fold_rows = None
        if self._tracked_metrics is not None and "" in self._tracked_metrics.parts():
            self._fold_rows = fold_rows.FoldRows(self._tracked_metrics)
            self._plans.append(plan_lib.make(self._tracked_metrics.parts()[""]))
        self._leaves = plan_lib.shared_leaves(self._plans)
        for plan in self._plans:
            for leaf in plan.leaves:
                leaf.combine.setup()
        has_baseline = self._plans[0].baseline_name is not None
        self._baseline = len(self._sources) - 1 if has_baseline else None
        self._slicer = slicing.Slicer(slicing.slicing_specs(self._eval_config))
        self._sampling = samples.Sampling.of(self._eval_config)
        self._thresholded = probability_thresholds.outputs(self._eval_config)
        self._preparer = BatchPreparer(
            self._eval_config,
            self._representations,
            required_features.features(self._eval_config, self._plans[0], loaded.inputs),
            loaded.preprocessing,
            loaded.predictor.input_specs,
        )
        self._thread = futures.ThreadPoolExecutor(1, "predict")

    def teardown(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()

    def _load_all(self) -> Loaded:
        has_baseline = any(spec.is_baseline for spec in self._eval_config.model_specs)
        directories = dict.fromkeys(source.saved_model.directory for source in self._sources)
        with data_errors.in_a_sentence(
            f"The graph of {' and of '.join(directories)} cannot be loaded",
            "Export the model again.",
        ):
            predictor = self._load(self._sources, self._signature)
        functions = preprocessing.Preprocessing(
            self._eval_config,
            self._sources[0],
            self._sources[-1] if has_baseline else None,
            self._load,
        )
        inputs = set(predictor.input_specs)
        for saved_model in {source.saved_model for source in self._sources}:
            if saved_model.exists():
                inputs |= preprocessing.inputs(self._eval_config, saved_model)
        return Loaded(predictor, functions, frozenset(inputs))

    def process(self, element: pa.RecordBatch | UnreadParts) -> Iterator[Any]:
        """Yields the state of the examples, and those that are grouped by query."""
        self._begin()
        waiting: PendingBatch | None = None
        for batch in batches_of(element, self._batch_size, least=2):
            following = self._predict(batch)
            if waiting is not None:
                yield from self._finish(waiting)
            waiting = following
        if waiting is not None:
            yield from self._finish(waiting)
        yield from self._states()

    def _begin(self) -> None:
        """Forgets all batches."""
        models = len(self._sources)
        self._running = [RunningState(plan, models) for plan in self._plans]

    def _states(self) -> Iterator[MetricState | FoldState]:
        """Yields the states of the batches since the last time."""
        whole, *by_fold = (running.take() for running in self._running)
        yield from whole
        for states in by_fold:
            yield from map(FoldState, states)

    def _finish(self, pending: PendingBatch) -> Iterator[Any]:
        """Waits for the predictions of a batch, and sums them."""
        yield from self._sum(pending)
        if any(running.is_crowded() for running in self._running):
            yield from self._states()
        progress.done(pending.prepared.size, len(self._sources) - (self._baseline is not None))

    def _predict(self, batch: pa.RecordBatch) -> PendingBatch:
        """Starts to predict a batch."""
        prepared = self._preparer.prepare(batch)
        outputs = self._thread.submit(self._loaded.predictor.predict, prepared.inputs)
        return PendingBatch(prepared.without_inputs(), outputs)

    def _sum(self, pending: PendingBatch) -> Iterator[Any]:
        """Sums a batch, and yields its examples that are grouped by query."""
        prepared = pending.prepared
        batch, extracts, size = prepared.batch, prepared.extracts, prepared.size
        with data_errors.in_a_sentence(*UNFIT):
            outputs = [single_output(values) for values in pending.outputs.result()]
        rows = self._slicer.rows(prepared.slice_features, size)
        if self._query_keys:
            key = self._tracked_metrics.cluster_key if self._tracked_metrics else None
            of_examples = folds.of_examples(batch, key) if key is not None else None
            keys = self._query_keys
            yield from queries.examples(keys, extracts, size, outputs, rows, of_examples)
        blocks = stack_models(
            outputs, extracts, size, self._eval_config, self._plans[0], self._baseline
        )
        non_finite = count_non_finite(blocks, self._eval_config, len(self._sources))
        accumulators = [
            BatchAccumulator(running, plan, *divided, extracts, size, non_finite)
            for running, plan, divided in zip(
                self._running,
                self._plans,
                (
                    self._sampling.rows(batch, rows),
                    *([self._fold_rows.rows(batch, rows)] if self._fold_rows else []),
                ),
                strict=True,
            )
        ]
        accumulators[0].state.outside = count_outside(blocks, self._thresholded, len(self._sources))
        for leaf, numbers in self._leaves:
            into = [(accumulators[plan], index) for plan, index in numbers]
            for models, block in blocks:
                if leaf.of_baseline != (models[0] == self._baseline):
                    continue
                try:
                    regular = self._add(leaf, models, block, into)
                except Exception as error:
                    self._fail(error, leaf, models, extracts, accumulators)
                    continue
                if not regular.all():
                    self._add_irregular(
                        leaf, models, ~regular, outputs, extracts, accumulators, into
                    )
        for accumulator in accumulators:
            accumulator.finish()

    def _add_irregular(
        self,
        leaf: plan_lib.Leaf,
        models: Sequence[int],
        irregular: np.ndarray,
        outputs: Sequence[Any],
        extracts: dict[str, Any],
        accumulators: Sequence[BatchAccumulator],
        into: Sequence[tuple[BatchAccumulator, int]],
    ) -> None:
        """Adds examples that do not fit arrays, a (size,) mask, one by one."""
        for model in models:
            predictions = self._plans[0].predictions(outputs, model)
            for accumulator, index in into:
                if model in accumulators[0].state.errors:
                    continue
                tfmas = accumulator.state.fallback.setdefault(index, {})
                try:
                    accumulator.by_example.add(leaf, model, predictions, irregular, tfmas)
                except Exception as error:
                    self._fail(error, leaf, [model], extracts, accumulators)

    def _fail(
        self,
        error: Exception,
        leaf: plan_lib.Leaf,
        models: Sequence[int],
        extracts: dict[str, Any],
        accumulators: Sequence[BatchAccumulator],
    ) -> None:
        """Ends models on whose NaN or infinite predictions a metric of TFMA's fails.

        Raises:
            EvaluationError: Something else than their predictions is at fault, or they are the
                baseline's.
        """
        state = accumulators[0].state
        bad, size = int(state.non_finite[models].min()), state.examples
        if models[0] == self._baseline:
            data_errors.check_baseline(bad, size)
        if not bad:
            raise data_errors.explain(error, extracts, self._eval_config, size) from error
        for model in models:
            for accumulator in accumulators:
                accumulator.state.errors[model] = type(leaf.computation.combiner).__name__
            _LOG.debug("%s fails", self._sources[model].name, exc_info=error)

    def _add(
        self,
        leaf: plan_lib.Leaf,
        models: list[int],
        block: metric_inputs.Batch,
        into: Sequence[tuple[BatchAccumulator, int]],
    ) -> np.ndarray:
        """Adds by the vectorized combiner; returns the mask of examples that were added."""
        nothing = np.zeros(block.size, bool)
        if leaf.vectorized is None:
            return nothing
        try:
            inputs = leaf.vectorized.inputs(block)
            regular = np.logical_and.reduce([given.regular for given in inputs])
            if not regular.any():
                return nothing
            inputs = [given.take(regular) for given in inputs]
            contributions = [
                Contribution.narrowed(*given, leaf.vectorized.buckets)
                for given in leaf.vectorized.update(inputs)
            ]
        except metric_inputs.UnsupportedError:
            return nothing
        for accumulator, index in into:
            accumulator.add(index, models, regular, contributions)
        return regular
