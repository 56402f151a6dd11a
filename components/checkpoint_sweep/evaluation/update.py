"""The step that sees the data: predicts a batch with all models and sums its metrics."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.utils import shared
from checkpoint_sweep.evaluation import (
    example_by_example,
    required_features,
    samples,
    slicing,
    state,
    sums,
)
from checkpoint_sweep.evaluation import metric_inputs as views_lib
from checkpoint_sweep.evaluation import model_inputs as extracts_lib
from checkpoint_sweep.evaluation import plan as plan_lib
from checkpoint_sweep.saved_model import model_source
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2

# From sources and a signature's name to an object with ``input_specs`` and ``predict``.
Loader = Callable[[Sequence[model_source.ModelSource], str], Any]


class Update(beam.DoFn):
    """RecordBatches to states, one for each batch.

    Args:
        sources: the models of this pass; the baseline last, if it takes part.
        ids: for each source, its number among all models of the evaluation.
        total: number of all models.
        baseline: the number of the baseline; None without.
        leading: whether this pass also counts examples and sums the baseline's leaves, which
            only one of several passes may do.
        signature: the signature to run.
        batch_size: RecordBatches with more rows are cut.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        schema: schema_pb2.Schema | None,
        representations: dict[str, schema_pb2.TensorRepresentation],
        sources: Sequence[model_source.ModelSource],
        ids: Sequence[int],
        total: int,
        baseline: int | None,
        leading: bool,
        signature: str,
        batch_size: int,
        load: Loader,
    ) -> None:
        self._eval_config = eval_config
        self._schema = schema
        self._representations = representations
        self._sources = list(sources)
        self._ids = list(ids)
        self._total = total
        self._baseline = baseline
        self._leading = leading
        self._signature = signature
        self._batch_size = batch_size
        self._load = load
        self._shared = shared.Shared()

    def setup(self) -> None:
        """Loads the models, once in a process, and builds the computations."""
        self._predictor = self._shared.acquire(lambda: self._load(self._sources, self._signature))
        self._plan = plan_lib.make(self._eval_config, self._schema, log=self._leading)
        for leaf in self._plan.leaves:
            leaf.combine.setup()
        self._slicer = slicing.Slicer(slicing.slicing_specs(self._eval_config))
        self._sampling = samples.Sampling.of(self._eval_config)
        self._wanted = required_features.features(self._eval_config, self._plan, self._predictor.input_specs)

    def process(self, element: pa.RecordBatch) -> Iterator[state.State]:
        """One state for each ``batch_size`` rows."""
        for start in range(0, element.num_rows, self._batch_size):
            yield self._state(element.slice(start, self._batch_size))

    def _state(self, batch: pa.RecordBatch) -> state.State:
        extracts = extracts_lib.extract(
            batch, self._eval_config, self._representations, self._wanted
        )
        inputs = extracts_lib.signature_inputs(self._predictor.input_specs, extracts)
        outputs = [_single(values) for values in self._predictor.predict(inputs)]
        rows = self._slicer.rows(extracts["features"], batch.num_rows)
        labelled, pairs = self._sampling.rows(batch, rows)
        counts = np.zeros(len(labelled), np.int64)
        if self._leading:
            counts = np.bincount(pairs.row, minlength=len(labelled))
        result = state.State(labelled, counts, {}, {})
        by_example = example_by_example.ExampleByExample(extracts, labelled, pairs)
        blocks = self._blocks(extracts, outputs, batch.num_rows)
        by_id = dict(zip(self._ids, outputs, strict=True))
        for index, leaf in enumerate(self._plan.leaves):
            for numbers, block in blocks:
                if leaf.of_baseline != (numbers[0] == self._baseline):
                    continue
                if leaf.of_baseline and not self._leading:
                    continue
                regular = self._add(index, leaf, numbers, block, pairs, result)
                if not regular.all():
                    accumulators = result.fallback.setdefault(index, {})
                    for number in numbers:
                        predictions = self._predictions(by_id, number)
                        by_example.add(leaf, number, predictions, ~regular, accumulators)
        for index, accumulators in result.fallback.items():
            compact = self._plan.leaves[index].combine.compact
            for place, accumulator in accumulators.items():
                accumulators[place] = compact(accumulator)
        return result

    def _blocks(
        self, extracts: dict[str, Any], outputs: list[Any], size: int
    ) -> list[tuple[list[int], views_lib.Inputs]]:
        """Models whose outputs have the same shapes, together; the baseline on its own."""
        groups: dict[Any, list[int]] = {}
        for position, number in enumerate(self._ids):
            of_baseline = number == self._baseline
            groups.setdefault((of_baseline, _shapes(outputs[position])), []).append(position)
        blocks = []
        for (of_baseline, _), positions in groups.items():
            name = self._plan.baseline_name if of_baseline else self._plan.candidate_name
            inputs = views_lib.Inputs(
                size,
                extracts["labels"],
                extracts.get("example_weights"),
                _stack([outputs[position] for position in positions]),
                plan_lib.model_spec(self._eval_config, of_baseline),
                name or "",
            )
            blocks.append(([self._ids[position] for position in positions], inputs))
        return blocks

    def _add(
        self,
        index: int,
        leaf: plan_lib.Leaf,
        numbers: list[int],
        block: views_lib.Inputs,
        pairs: slicing.Rows,
        result: state.State,
    ) -> np.ndarray:
        """Adds what the twin can; returns the mask of examples that were added."""
        nothing = np.zeros(block.size, bool)
        if leaf.twin is None:
            return nothing
        try:
            views = leaf.twin.views(block)
            regular = np.logical_and.reduce([view.regular for view in views])
            views = [view.take(regular) for view in views]
            contributions = list(leaf.twin.update(views))
        except views_lib.UnsupportedError:
            return nothing
        kept = pairs.take(regular)
        size, buckets = int(regular.sum()), leaf.twin.buckets
        parts = [
            _sum(kept, numbers, self._total, bucket, buckets, columns, size)
            for bucket, columns in contributions
        ]
        if index in result.sums:
            parts.append(result.sums[index])
        result.sums[index] = sums.Sums.merge(parts)
        return regular

    def _predictions(self, by_id: dict[int, Any], number: int) -> Any:
        """Predictions as TFMA's extracts hold them for one candidate, or for the baseline."""
        if self._plan.baseline_name is None:
            return by_id[number]
        result = {}
        if number != self._baseline:
            result[self._plan.candidate_name] = by_id[number]
        if self._baseline in by_id:
            result[self._plan.baseline_name] = by_id[self._baseline]
        return result


def _sum(
    pairs: slicing.Rows,
    numbers: list[int],
    total: int,
    bucket: Any,
    buckets: int,
    columns: Sequence[np.ndarray],
    size: int,
) -> sums.Sums:
    """Sums over (row, model, bucket) of columns that broadcast to (models, size, values)."""
    bucket = np.asarray(bucket)
    shape = np.broadcast_shapes(
        (len(numbers), size, 1), bucket.shape, *(np.shape(column) for column in columns)
    )
    whole = pairs.example.size == size and bool((pairs.example == np.arange(size)).all())

    def pick(array: np.ndarray) -> np.ndarray:
        array = np.broadcast_to(array, shape)
        return array if whole else array[:, pairs.example]

    model = np.asarray(numbers, np.int64)[:, None, None]
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


def _stack(outputs: list[Any]) -> Any:
    """Outputs of several models with a leading dimension for the models."""
    if isinstance(outputs[0], dict):
        return {name: _stack([values[name] for values in outputs]) for name in outputs[0]}
    if outputs[0].dtype.kind in "OSU":
        return outputs[0][None]  # Vocabularies, the same for all.
    return np.stack(outputs)
