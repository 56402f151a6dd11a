"""Computes the metrics of models on all examples, in their order, and without each fold.

The metrics' state is in local variables, which an update op changes as its author wrote it: only
one pass in one process is sure to give what `Estimator.evaluate` gives. Nothing is distributed.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import tensorflow as tf
from absl import logging
from tensorflow_model_analysis import constants

from checkpoint_sweep.common.names import MODEL_FUNCTION
from checkpoint_sweep.common.text import first_line, some
from checkpoint_sweep.evaluation.jackknife import folds
from checkpoint_sweep.evaluation.model_function.models import Batch, EvalModel, EvalModels, State
from checkpoint_sweep.saved_model.eval_graph import LOSS, EvalGraph
from checkpoint_sweep.saved_model.model_source import ModelSource

_MOST_STATE = 1 << 28  # Bytes of the sums by fold, of all models.
# A sum of float32 that grows by batches has lost as much after some hundred thousand examples.
_SAME = 1e-4
_NAMED = 3


@dataclasses.dataclass
class Computed:
    """The metrics of one model.

    Attributes:
        values: Values by name.
        loss_by_example: Mean of the losses of batches by their sizes; NaN without a loss.
        left_out: Values without each fold, by name, None without an empty one; a metric is missing
            where there are none.
        examples: Number of examples of each fold; empty where no errors are asked for.
    """

    values: dict[str, float]
    loss_by_example: float = math.nan
    left_out: dict[str, list[float | None]] = dataclasses.field(default_factory=dict)
    examples: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Pass:
    """How the examples are read.

    Attributes:
        batches: Reads the examples in their order.
        batch_size: Number of examples of a batch, the last of all aside.
        cluster_key: Feature that draws folds; None for bytes and place.
    """

    batches: Callable[[], Iterator[pa.RecordBatch]]
    batch_size: int
    cluster_key: str | None = None


def compute(
    graph: EvalGraph, sources: Sequence[ModelSource], examples: Pass, decisive: frozenset[str]
) -> tuple[dict[str, Computed], dict[str, str]]:
    """Computes the metrics of models that are loaded together.

    Args:
        graph: Eval graph of all.
        sources: Models with its SavedModel, see `EvalSources`.
        examples: Examples, which are read once, and once more for errors.
        decisive: Names of the metrics whose errors are asked for.

    Returns:
        The metrics by the model's name, and the reasons why others have none.

    Raises:
        EvalGraphError: The graph cannot be loaded.
    """
    loaded = EvalModels(graph, sources)
    try:
        running = _Running(loaded.models, dict(loaded.failed))
        found = _whole(running, examples)
        if wanted := decisive & set(graph.names):
            # Who fails here has values, and no errors.
            _without_folds(_Running(running.models, {}), examples, wanted, found)
    finally:
        loaded.close()
    found = {name: found[name] for name in running.models}
    return found, running.failed


@dataclasses.dataclass
class _Running:
    """Models of a pass; one that fails leaves it, and the others go on."""

    models: Mapping[str, EvalModel]
    failed: dict[str, str]

    def each(self, step: Callable[[str, EvalModel], None]) -> None:
        """Takes a step with every model."""
        for name, model in self.models.items():
            try:
                step(name, model)
            except tf.errors.ResourceExhaustedError:
                raise
            except (tf.errors.OpError, ValueError, TypeError) as error:
                self.failed[name] = first_line(error)
        self.models = {n: model for n, model in self.models.items() if n not in self.failed}


@dataclasses.dataclass
class _Losses:
    """Sums over the batches of some examples."""

    batches: int = 0
    examples: int = 0
    total: float = 0.0
    by_example: float = 0.0

    def add(self, loss: float | None, size: int) -> None:
        self.batches += 1
        self.examples += size
        self.total += math.nan if loss is None else loss
        self.by_example += math.nan if loss is None else loss * size


def _whole(running: _Running, examples: Pass) -> dict[str, Computed]:
    """Computes the metrics on all examples, as `Estimator.evaluate` does.

    Its loss is the mean over batches, of which the last counts as much as a whole one.
    """
    losses = {name: _Losses() for name in running.models}
    found: dict[str, Computed] = {}
    running.each(lambda _, model: model.reset())

    for batch in _batches(examples):

        def update(name: str, model: EvalModel, batch: Batch = batch) -> None:
            losses[name].add(model.update(batch), len(batch))

        running.each(update)

    def read(name: str, model: EvalModel) -> None:
        known = losses[name]
        found[name] = Computed(model.values(), known.by_example / max(known.examples, 1))
        if model.has_loss:
            found[name].values[LOSS] = known.total / max(known.batches, 1)

    running.each(read)
    return found


def _without_folds(
    running: _Running, examples: Pass, wanted: frozenset[str], found: Mapping[str, Computed]
) -> None:
    """Adds values without each fold, of metrics whose state is made of sums.

    Whether it is, is seen by its effect: the sum over folds has to give the value of all examples.
    """
    if not running.models:
        return
    if not all(model.has_sums for model in running.models.values()):
        _warn(sorted(wanted), "the state of the graph's metrics is not made of numbers")
        return
    running.each(lambda _, model: model.reset())
    sizes = [sum(a.nbytes for a in model.state().values()) for model in running.models.values()]
    if sum(sizes) * folds.FOLDS > _MOST_STATE:
        _warn(
            sorted(wanted),
            f"the graph's state would take {sum(sizes) * folds.FOLDS:,} bytes by fold",
        )
        return
    sums: dict[str, list[State]] = {
        name: [{} for _ in range(folds.FOLDS)] for name in running.models
    }
    losses = {name: [_Losses() for _ in range(folds.FOLDS)] for name in running.models}
    starts: dict[str, State] = {name: model.state() for name, model in running.models.items()}
    for fold, batch in _batches_by_fold(examples):

        def update(name: str, model: EvalModel, fold: int = fold, batch: Batch = batch) -> None:
            model.reset()
            losses[name][fold].add(model.update(batch), len(batch))
            _add(sums[name][fold], model.state(), starts[name])

        running.each(update)

    def read(name: str, model: EvalModel) -> None:
        known = found[name]
        known.examples = tuple(part.examples for part in losses[name])
        without = _left_out(model, sums[name], starts[name], known.values)
        if (loss := _losses_left_out(losses[name], known)) is not None:
            without[LOSS] = loss
        known.left_out = {
            metric: [
                value if n else None
                for value, n in zip(without[metric], known.examples, strict=True)
            ]
            for metric in wanted & without.keys()
        }

    running.each(read)
    for name, reason in running.failed.items():
        _warn(sorted(wanted), f"the graph fails on folds with the weights of {name}: {reason}")
        return
    for name in running.models:
        finite = {
            metric for metric in wanted if math.isfinite(found[name].values.get(metric, math.nan))
        }
        if missing := sorted(finite - found[name].left_out.keys()):
            _warn(missing, f"with the weights of {name} it is not made of sums over the examples")
            return


def _warn(names: Sequence[str], why: str) -> None:
    own = [f"{MODEL_FUNCTION}/{name}" for name in names]
    logging.warning("There is no standard error of %s: %s.", some(own, _NAMED), why)


def _add(total: State, state: State, start: State) -> None:
    for name, value in state.items():
        change = value - start[name]
        total[name] = total[name] + change if name in total else change


def _left_out(
    model: EvalModel, sums: Sequence[State], start: State, values: Mapping[str, float]
) -> dict[str, list[float]]:
    """Computes the metrics without each fold: those whose value the sums of all folds give."""
    empty = {name: np.zeros_like(value) for name, value in start.items()}
    parts = [part or empty for part in sums]
    whole = {name: start[name] + sum(part[name] for part in parts) for name in start}

    def of(state: State) -> dict[str, float]:
        model.load(state)
        return model.values()

    again = of(whole)
    without = [of({name: whole[name] - part[name] for name in whole}) for part in parts]
    return {
        name: [found[name] for found in without]
        for name, value in again.items()
        if _is_same(value, values[name])
    }


def _losses_left_out(parts: Sequence[_Losses], known: Computed) -> list[float] | None:
    """Computes the loss without each fold; None if it is not a mean over examples."""
    examples, total = sum(p.examples for p in parts), sum(p.by_example for p in parts)
    if not _is_same(total / examples, known.loss_by_example):
        return None
    # Around the mean over batches, which is the value.
    shift = known.values[LOSS] - total / examples
    return [(total - p.by_example) / max(examples - p.examples, 1) + shift for p in parts]


def _is_same(value: float, other: float) -> bool:
    return math.isclose(value, other, rel_tol=_SAME, abs_tol=_SAME**2)


def _batches(examples: Pass) -> Iterator[Batch]:
    """Yields batches of one size, across files."""
    waiting = np.empty(0, object)
    for batch in examples.batches():
        waiting = np.concatenate([waiting, _serialized(batch)])
        while len(waiting) >= examples.batch_size:
            yield waiting[: examples.batch_size]
            waiting = waiting[examples.batch_size :]
    if len(waiting):
        yield waiting


def _batches_by_fold(examples: Pass) -> Iterator[tuple[int, Batch]]:
    """Yields batches of one fold each."""
    waiting: list[list[bytes]] = [[] for _ in range(folds.FOLDS)]
    for batch in examples.batches():
        numbers = folds.of_examples(batch, examples.cluster_key)
        for fold, example in zip(numbers, _serialized(batch), strict=True):
            waiting[fold].append(example)
        for fold, some_of in enumerate(waiting):
            if len(some_of) >= examples.batch_size:
                yield fold, np.array(some_of, object)
                waiting[fold] = []
    yield from ((n, np.array(some_of, object)) for n, some_of in enumerate(waiting) if some_of)


def _serialized(batch: pa.RecordBatch) -> Batch:
    column = batch.column(batch.schema.get_field_index(constants.ARROW_INPUT_COLUMN))
    found: Batch = column.flatten().to_numpy(zero_copy_only=False)
    return found
