"""Metrics by query key: examples of one query are added to TFMA's combiners together.

Predictions come from the same pass as those of all other metrics; only what is grouped by query
goes through TFMA's own code. As in TFMA, metrics of one query key are an evaluation of their own.
"""

import dataclasses
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.metrics import metric_util
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.utils import util

from checkpoint_sweep.evaluation import data_errors, tfma_internals
from checkpoint_sweep.evaluation.aggregate import samples, slicing
from checkpoint_sweep.evaluation.aggregate.state import Fallback, FoldState, MetricState, Row
from checkpoint_sweep.evaluation.inputs.extracts import InputError, split_by_example
from checkpoint_sweep.evaluation.jackknife import folds
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec

_FAILED = (
    "The metrics by query cannot be computed on these examples",
    "Correct the data or the metrics of the evaluation config.",
)


@dataclasses.dataclass(frozen=True)
class QueryExample:
    """One example of a query.

    Attributes:
        query_key: Feature that names queries.
        query: Value of the feature, as text; "" where the example has none.
        extracts: Extracts of the example, without predictions.
        predictions: Predictions of each model.
        slices: Slices that the example is in.
        fold: Fold of the example's cluster; None where folds are drawn by query.
    """

    query_key: str
    query: str
    extracts: Mapping[str, Any]
    predictions: Sequence[Any]
    slices: Sequence[tfma_internals.SliceKey]
    fold: int | None


def examples(
    query_keys: Sequence[str],
    extracts: Mapping[str, Any],
    size: int,
    outputs: Sequence[Any],
    rows: slicing.Rows,
    of_clusters: npt.NDArray[np.int64] | None = None,
) -> Iterator[QueryExample]:
    """Yields the examples of a batch, once for each query key.

    Args:
        query_keys: Features that name queries.
        extracts: Extracts of the batch, without predictions.
        size: Number of examples of the batch.
        outputs: Outputs of each model, as TFMA's extracts hold them.
        rows: Slices of the examples.
        of_clusters: Folds of the examples by cluster, (rows,); None to draw them by query.
    """
    present = {key: value for key, value in extracts.items() if value is not None}
    single = split_by_example(present, size)
    predictions = [
        split_by_example({constants.PREDICTIONS_KEY: values}, size) for values in outputs
    ]
    slices: list[list[tfma_internals.SliceKey]] = [[] for _ in single]
    for row, example in zip(rows.row.tolist(), rows.example.tolist(), strict=True):
        slices[example].extend(rows.slices[row])
    for query_key in query_keys:
        for index, example in enumerate(single):
            value = util.get_by_keys(example, [constants.FEATURES_KEY, query_key], optional=True)
            if getattr(value, "size", None) == 0:  # As where the whole batch has no such feature.
                value = None
            value = metric_util.to_scalar(value, tensor_name=query_key)
            yield QueryExample(
                query_key,
                "" if value is None else str(value),
                example,
                [of_model[index][constants.PREDICTIONS_KEY] for of_model in predictions],
                slices[index],
                None if of_clusters is None else int(of_clusters[index]),
            )


class QueryStates(beam.DoFn):
    """Turns the examples of a query into a state.

    Args:
        eval_config: Config of the query key.
        models: Number of models; the baseline is the last, if there is one.
        tracked_metrics: Metrics that are summed by fold too; None for none.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        models: int,
        tracked_metrics: UncertaintySpec | None = None,
    ) -> None:
        self._eval_config = eval_config
        self._models = models
        self._tracked_metrics = tracked_metrics

    def setup(self) -> None:
        """Builds the computations."""
        self._plan = plan_lib.make(self._eval_config)
        self._sampling = samples.Sampling.of(self._eval_config)
        key = next((s.query_key for s in self._eval_config.metrics_specs), "")
        plans = [self._plan]
        if self._tracked_metrics is not None and key in self._tracked_metrics.parts():
            plans.append(plan_lib.make(self._tracked_metrics.parts()[key]))
        self._shared_leaves = [dict(numbers) for _, numbers in plan_lib.shared_leaves(plans)]
        self._by_fold = len(plans) > 1
        self._steps = []
        for leaf in self._plan.leaves:
            leaf.combine.setup()
            step = tfma_internals.PreprocessorDoFn([leaf.computation])
            step.setup()
            self._steps.append(step)

    def process(
        self, element: tuple[str, Iterable[QueryExample]]
    ) -> Iterator[MetricState | FoldState]:
        """Yields the states of one query."""
        query, found = element[0], list(element[1])
        origin = zlib.crc32(query.encode())
        keys = list(dict.fromkeys(key for example in found for key in example.slices))
        chosen = self._sampling.samples(origin)
        rows: list[Row] = [(sample, (key,)) for sample in chosen for key in keys]
        added = self._added(found)
        of_all = {index: added[index] for index in range(len(self._plan.leaves))}
        yield dataclasses.replace(self._state(rows, of_all), origin=origin)
        if self._tracked_metrics is not None and self._by_fold:
            needed = [key for key in keys if self._tracked_metrics.applies(key)]
            rows = [(self._fold(query, found), (key,)) for key in needed]
            shared = {leaf[1]: added[leaf[0]] for leaf in self._shared_leaves if len(leaf) > 1}
            yield FoldState(dataclasses.replace(self._state(rows, shared), origin=origin))

    def _fold(self, query: str, found: Sequence[QueryExample]) -> int:
        """Returns the fold of a query, or of the cluster that its examples are of.

        Raises:
            InputError: They are of several clusters.
        """
        of_examples = {example.fold for example in found}
        if len(of_examples) > 1:
            shown = query[2:-1] if query.startswith("b'") else query  # Text comes as bytes.
            raise InputError(
                f"The examples of query {shown!r} ({found[0].query_key}) are of several clusters. "
                "Name a cluster key that is the same in all examples of a query, as the query key "
                "is."
            )
        fold = of_examples.pop()
        return folds.of_query(query) if fold is None else fold

    def _added(self, found: Sequence[QueryExample]) -> list[dict[int, Any]]:
        """Computes what the query's examples add to each leaf of each model."""
        result: list[dict[int, Any]] = [{} for _ in self._plan.leaves]
        for model in range(self._models):
            inputs = self._inputs(found, model)
            for index, leaf in enumerate(self._plan.leaves):
                if leaf.of_baseline != self._plan.is_baseline(model, self._models):
                    continue
                with data_errors.in_a_sentence(*_FAILED):
                    (given,) = self._steps[index].process(dict(inputs))
                    result[index][model] = leaf, given
        return result

    def _state(self, rows: list[Row], added: Mapping[int, Mapping[int, Any]]) -> MetricState:
        """Makes a state of accumulators, each an object of its own, since merging changes them."""
        fallback: Fallback = {}
        with data_errors.in_a_sentence(*_FAILED):
            for index, by_model in added.items():
                for model, (leaf, given) in by_model.items():
                    for sample, (key,) in rows:
                        accumulator = leaf.combine.create_accumulator()
                        whole = leaf.combine.compact(leaf.combine.add_input(accumulator, given))
                        fallback.setdefault(index, {})[model, sample, key] = whole
        nothing = np.zeros(self._models, np.int64)
        counts, unknown = np.ones(len(rows), np.int64), np.full(len(rows), np.nan)
        return MetricState(rows, counts, {}, fallback, 0, nothing, {}, unknown)

    def _inputs(self, found: Sequence[QueryExample], model: int) -> Mapping[str, Any]:
        """Merges the extracts of a query's examples, with the predictions of a model."""
        extracts = []
        for example in found:
            predictions = self._plan.predictions(example.predictions, model)
            extracts.append({**example.extracts, constants.PREDICTIONS_KEY: predictions})
        merged: dict[str, Any] = util.merge_extracts(extracts)
        merged[constants.SLICE_KEY_TYPES_KEY] = slicer_lib.slice_keys_to_numpy_array([])
        return merged
