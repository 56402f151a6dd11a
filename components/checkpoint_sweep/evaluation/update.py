"""The step that sees the data: predicts a batch with all models and sums its metrics."""

import dataclasses
import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.transforms import window
from apache_beam.utils import shared, windowed_value
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import (
    data_errors,
    example_by_example,
    merge,
    metric_inputs,
    model_inputs,
    preprocessing,
    queries,
    required_features,
    samples,
    slicing,
    sums,
)
from checkpoint_sweep.evaluation import plan as plan_lib
from checkpoint_sweep.saved_model import signatures
from checkpoint_sweep.saved_model.model_source import ModelSource

_LOG = logging.getLogger(__name__)

_UNFIT = (
    "The exported model cannot predict on these examples",
    "Evaluate on examples as its signature parses them, or choose another by "
    "ModelSpec.signature_name.",
)

# From sources and a signature's name to an object with ``input_specs`` and ``predict``.
Loader = Callable[[Sequence[ModelSource], str], Any]


@dataclasses.dataclass(frozen=True)
class _Predicting:
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
    batch before it is summed. The last of a bundle is summed when the bundle ends.

    Args:
        eval_config: with its defaults.
        representations: how columns become tensors.
        sources: the models; the baseline last, if there is one.
        signature: the signature to run.
        batch_size: RecordBatches with more rows are cut.
        load: loads the models.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        representations: dict[str, schema_pb2.TensorRepresentation],
        sources: Sequence[ModelSource],
        signature: str,
        batch_size: int,
        load: Loader,
    ) -> None:
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
        parts = queries.split_config(self._eval_config)
        self._query_keys = [key for key in parts if key]
        self._plan = plan_lib.make(parts[""], log=True)
        for leaf in self._plan.leaves:
            leaf.combine.setup()
        self._baseline = len(self._sources) - 1 if self._plan.baseline_name is not None else None
        self._slicer = slicing.Slicer(slicing.slicing_specs(self._eval_config))
        self._sampling = samples.Sampling.of(self._eval_config)
        inputs = set(self._predictor.input_specs)
        for directory in {source.saved_model for source in self._sources}:
            if signatures.exists(directory):
                inputs |= preprocessing.inputs(self._eval_config, directory)
        self._wanted = required_features.features(self._eval_config, self._plan, inputs)
        self._thread = futures.ThreadPoolExecutor(1, "predict")
        self._predicting: _Predicting | None = None

    def teardown(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()

    def start_bundle(self) -> None:
        """Forgets what a bundle that failed has left."""
        self._predicting = None

    def finish_bundle(self) -> Iterator[windowed_value.WindowedValue]:
        """The state of the last batch."""
        for element in self._before(None):
            yield window.GlobalWindows.windowed_value(element)

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

    def process(self, element: pa.RecordBatch) -> Iterator[merge.State | queries.QueryExample]:
        """One state for each ``batch_size`` rows, and the examples that are grouped by query.

        Those of the last rows are given by the next call.
        """
        for start in range(0, element.num_rows, self._batch_size):
            batch = element.slice(start, self._batch_size)
            yield from self._before(self._predict(batch))

    def _before(
        self, following: _Predicting | None
    ) -> Iterator[merge.State | queries.QueryExample]:
        """What is given for the batch before ``following``."""
        done, self._predicting = self._predicting, following
        if done is not None:
            with data_errors.in_a_sentence(*_UNFIT):
                outputs = [_single(values) for values in done.outputs.result()]
            yield from self._sum(done.batch, done.extracts, outputs)

    def _predict(self, batch: pa.RecordBatch) -> _Predicting:
        """Starts to predict a batch."""
        extracts = model_inputs.extract(batch, self._representations, self._wanted)
        with data_errors.in_a_sentence(*_UNFIT):
            extracts = self._preprocessing.apply(extracts)
        extracts = model_inputs.add_labels_and_weights(extracts, self._eval_config)
        data_errors.check_values(extracts, self._eval_config, batch.num_rows)
        with data_errors.in_a_sentence(*_UNFIT):
            inputs = model_inputs.signature_inputs(self._predictor.input_specs, extracts)
        predicting = self._thread.submit(self._predictor.predict, inputs)
        return _Predicting(batch, extracts, predicting)

    def _sum(
        self, batch: pa.RecordBatch, extracts: dict[str, Any], outputs: list[Any]
    ) -> Iterator[merge.State | queries.QueryExample]:
        """What is given for a batch."""
        rows = self._slicer.rows(self._preprocessing.sliced(extracts), batch.num_rows)
        if self._query_keys:
            yield from queries.examples(self._query_keys, extracts, outputs, rows)
        labelled, pairs = self._sampling.rows(batch, rows)
        counts = np.bincount(pairs.row, minlength=len(labelled))
        blocks = self._blocks(extracts, outputs, batch.num_rows)
        result = merge.State(labelled, counts, {}, {}, batch.num_rows, self._non_finite(blocks), {})
        by_example = example_by_example.ExampleByExample(extracts, labelled, pairs)
        for index, leaf in enumerate(self._plan.leaves):
            for models, block in blocks:
                if leaf.of_baseline != (models[0] == self._baseline):
                    continue
                try:
                    regular = self._add(index, leaf, models, block, pairs, result)
                except Exception as error:
                    self._fail(error, leaf, models, extracts, result)
                    continue
                if not regular.all():
                    accumulators = result.fallback.setdefault(index, {})
                    for model in models:
                        if model in result.errors:
                            continue
                        predictions = self._plan.predictions(outputs, model)
                        try:
                            by_example.add(leaf, model, predictions, ~regular, accumulators)
                        except Exception as error:
                            self._fail(error, leaf, [model], extracts, result)
        for index, accumulators in result.fallback.items():
            compact = self._plan.leaves[index].combine.compact
            for place, accumulator in accumulators.items():
                accumulators[place] = compact(accumulator)
        yield result

    def _fail(
        self,
        error: Exception,
        leaf: plan_lib.Leaf,
        models: Sequence[int],
        extracts: dict[str, Any],
        result: merge.State,
    ) -> None:
        """Some of TFMA's metrics fail on NaN: that ends these models only.

        Raises:
            EvaluationError: it is not their predictions that are at fault, or they are the
                baseline's.
        """
        bad, size = int(result.non_finite[models].min()), result.examples
        if models[0] == self._baseline:
            data_errors.check_baseline(bad, size)
        if not bad:
            raise data_errors.explain(error, extracts, self._eval_config, size) from error
        for model in models:
            result.errors[model] = type(leaf.computation.combiner).__name__
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
            name = self._plan.baseline_name if of_baseline else self._plan.candidate_name
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
        index: int,
        leaf: plan_lib.Leaf,
        models: list[int],
        block: metric_inputs.Batch,
        pairs: slicing.Rows,
        result: merge.State,
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
        kept = pairs.take(regular)
        size, buckets = int(regular.sum()), leaf.vectorized.buckets
        parts = [
            sum_by_row(kept, models, len(self._sources), bucket, buckets, columns, size)
            for bucket, columns in contributions
        ]
        if index in result.sums:
            parts.append(result.sums[index])
        if parts:  # A weighted macro average over the top k has no classes to weigh.
            result.sums[index] = sums.Sums.merge(parts)
        return regular


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
