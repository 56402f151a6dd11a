"""A patch of TFMA: vectorized combiners in place of its own, for any code of TFMA.

The classes of TFMA's combiners stay; their methods are replaced. ``add_input`` keeps the examples;
when an accumulator is asked for, they become batches, as the engine makes them, and those that do
not fit arrays go to TFMA's own ``add_input``. Over 300 lines, since no part is of use alone.
"""

import collections
import contextlib
import copy
import dataclasses
import functools
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils import util

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.aggregate import slicing, sums
from checkpoint_sweep.evaluation.aggregate.batch_accumulator import sum_by_row
from checkpoint_sweep.evaluation.plan import metric_inputs
from checkpoint_sweep.evaluation.plan.combiners import (
    base,
    rebinning,
    totals,
    vectorized,
    vectorized_combiners,
)
from checkpoint_sweep.evaluation.plots.array_plots import ArrayPlot


@dataclasses.dataclass
class Examples:
    """Numbers of examples by name of the vectorized combiner.

    Attributes:
        as_arrays: Examples that it took.
        one_by_one: Examples that it left to TFMA's combiner.
        rebinned: Number of derived computations that read a histogram held as arrays.
    """

    as_arrays: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    one_by_one: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    rebinned: int = 0

    def update(self, other: "Examples") -> None:
        self.as_arrays += other.as_arrays
        self.one_by_one += other.one_by_one
        self.rebinned += other.rebinned


@contextlib.contextmanager
def vectorized_combiners_for_tfmas(left: int = 0) -> Iterator[Examples]:
    """Patches in every vectorized combiner, and the computations on histograms held as arrays.

    Args:
        left: Number n, to leave every n-th example to TFMA, so that accumulators of both kinds
            are merged; 0 to leave none.
    """
    examples = Examples()
    with pytest.MonkeyPatch.context() as patch:
        for kind in vectorized_combiners():
            _patch_combiner(kind, left, examples, patch)
        _patch_rebinning(examples, patch)
        yield examples


@dataclasses.dataclass
class _Accumulator:
    """The accumulator of one combiner.

    Attributes:
        waiting: Examples that are in neither of the others.
        sums: Sums of the vectorized combiner.
        own: TFMA's accumulator, if it took an example.
    """

    waiting: list[Any]
    sums: sums.Sums
    own: Any = None


class _Substitute:
    """The methods that take the place of one combiner's.

    Its methods run within ``_within.tfmas_own``, where those of the combiner are TFMA's.
    """

    def __init__(
        self, combiner: Any, substitute: base.VectorizedCombiner, left: int, examples: Examples
    ) -> None:
        self._combiner = combiner
        self._vectorized = substitute
        self._left = left
        self._examples = examples

    def create_accumulator(self) -> _Accumulator:
        return _Accumulator([], sums.Sums.empty(self._vectorized.columns))

    def add_input(self, accumulator: _Accumulator, element: Any) -> _Accumulator:
        accumulator.waiting.append(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_Accumulator]) -> _Accumulator:
        parts = [self.compact(part) for part in accumulators]
        own = [part.own for part in parts if part.own is not None]
        merged = self._combiner.merge_accumulators(iter(own)) if own else None
        return _Accumulator([], sums.Sums.merge([part.sums for part in parts]), merged)

    def compact(self, accumulator: _Accumulator) -> _Accumulator:
        waiting, accumulator.waiting = accumulator.waiting, []
        alone = [x for i, x in enumerate(waiting) if self._left and i % self._left == 0]
        together = [x for i, x in enumerate(waiting) if not self._left or i % self._left]
        for group in _groups(together, alone):
            added, regular = self._add(group)
            if added is not None:
                accumulator.sums = sums.Sums.merge([accumulator.sums, added])
            alone += [group[i] for i in np.flatnonzero(~regular)]
        for element in alone:
            if accumulator.own is None:
                accumulator.own = self._combiner.create_accumulator()
            accumulator.own = self._combiner.add_input(accumulator.own, element)
        if accumulator.own is not None:
            accumulator.own = self._combiner.compact(accumulator.own)
        name = type(self._vectorized).__name__
        self._examples.as_arrays[name] += len(waiting) - len(alone)
        self._examples.one_by_one[name] += len(alone)
        return accumulator

    def extract_output(self, accumulator: _Accumulator) -> dict[Any, Any]:
        accumulator = self.compact(accumulator)
        codes, values = accumulator.sums.codes, accumulator.sums.values
        if accumulator.own is None:
            return self._vectorized.output(codes, values)
        both = [self._vectorized.accumulator(codes, values), copy.deepcopy(accumulator.own)]
        return self._combiner.extract_output(self._combiner.merge_accumulators(iter(both)))

    def _add(self, group: Sequence[Any]) -> tuple[sums.Sums | None, np.ndarray]:
        """Sums examples of the same shapes; returns the mask of those in the sums too."""
        nothing = np.zeros(len(group), bool)
        try:
            inputs = self._vectorized.inputs(self._batch(group))
            regular = np.logical_and.reduce([given.regular for given in inputs])
            if not regular.any():
                return None, nothing
            inputs = [given.take(regular) for given in inputs]
            contributions = list(self._vectorized.update(inputs))
        except metric_inputs.UnsupportedError:
            return None, nothing
        size = int(regular.sum())
        rows = slicing.Rows([((),)], np.zeros(size, int), np.arange(size))
        buckets = self._vectorized.buckets
        parts = [
            sum_by_row(rows, [0], 1, bucket, buckets, columns, size)
            for bucket, columns in contributions
        ]
        return sums.Sums.merge([sums.Sums.empty(self._vectorized.columns), *parts]), regular

    def _batch(self, group: Sequence[Any]) -> metric_inputs.Batch:
        settings = tfma_internals.settings(self._combiner)
        parts = zip(*map(_parts, group), strict=True)
        labels, predictions, weights = (_stacked(values) for values in parts)
        if predictions is None:
            if not isinstance(self._vectorized, totals.ExampleCount):
                raise metric_inputs.UnsupportedError("predictions are missing")
        else:
            if settings.model_name:
                predictions = util.get_by_keys(predictions, [settings.model_name])
            predictions = metric_inputs.stack([predictions])
        return metric_inputs.Batch(
            len(group),
            labels,
            weights,
            predictions,
            _model_spec(settings),
            settings.model_name,
        )


class _Within(threading.local):
    """A thread's depth within methods of a substitute."""

    depth = 0

    @contextlib.contextmanager
    def tfmas_own(self) -> Iterator[None]:
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1


_within = _Within()


def _patch_combiner(
    kind: type[base.VectorizedCombiner], left: int, examples: Examples, patch: pytest.MonkeyPatch
) -> None:
    """Replaces the methods of the class that ``kind`` combines."""
    made: dict[Any, _Substitute | None] = {}

    def substitute(combiner: Any) -> _Substitute | None:
        if combiner not in made:
            with _within.tfmas_own():
                found, _ = vectorized(combiner)
            made[combiner] = _Substitute(combiner, found, left, examples) if found else None
        return made[combiner]

    def replacement(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            found = None if _within.depth else substitute(self)
            if found is None:
                return original(self, *args, **kwargs)
            with _within.tfmas_own():
                return getattr(found, original.__name__)(*args, **kwargs)

        return method

    for name in (
        "create_accumulator",
        "add_input",
        "merge_accumulators",
        "compact",
        "extract_output",
    ):
        patch.setattr(kind.combines, name, replacement(getattr(kind.combines, name)))


def _patch_rebinning(examples: Examples, patch: pytest.MonkeyPatch) -> None:
    """Makes every derived computation as the engine's plan makes it."""
    derived = metric_types.DerivedMetricComputation
    make = derived.__new__

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        made = make(cls, *args, **kwargs)
        on_arrays = rebinning.on_arrays(made)
        if on_arrays is made:
            return made
        examples.rebinned += 1
        return make(
            cls, keys=on_arrays.keys, result=lambda metrics: _as_protos(on_arrays.result(metrics))
        )

    patch.setattr(derived, "__new__", new)


def _as_protos(metrics: dict[Any, Any]) -> dict[Any, Any]:
    """Makes protos of plots that are held as arrays, as TFMA's tests expect them."""
    return {
        key: value.proto() if isinstance(value, ArrayPlot) else value
        for key, value in metrics.items()
    }


def _model_spec(settings: tfma_internals.Settings) -> config_pb2.ModelSpec:
    """Finds the ModelSpec that TFMA takes keys from."""
    specs = list(settings.eval_config.model_specs) if settings.eval_config else []
    for spec in specs:
        if (spec.name if len(specs) > 1 else "") == settings.model_name:
            return spec
    return config_pb2.ModelSpec()


def _groups(elements: Sequence[Any], alone: list[Any]) -> list[list[Any]]:
    """Groups standard inputs that stack; others are added to ``alone``."""
    groups: dict[Hashable, list[Any]] = {}
    for element in elements:
        if isinstance(element, metric_types.StandardMetricInputs):
            shapes = tuple(map(_shape, _parts(element)))
            groups.setdefault(shapes, []).append(element)
        else:
            alone.append(element)
    return list(groups.values())


def _parts(element: metric_types.StandardMetricInputs) -> tuple[Any, Any, Any]:
    """Returns labels, predictions and weights of an example.

    A batch of one, as former versions of TFMA had it, becomes a value, as in TFMA.
    """
    labels, predictions = element.labels, element.predictions
    if _is_batch_of_one(labels) and _is_batch_of_one(predictions):
        labels, predictions = _first(labels), _first(predictions)
    return labels, predictions, element.example_weights


def _is_batch_of_one(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_batch_of_one, value.values()))
    shape = util.to_numpy(value).shape
    return len(shape) == 2 and shape[0] == 1


def _first(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _first(item) for key, item in value.items()}
    return util.to_numpy(value)[0]


def _shape(value: Any) -> Hashable:
    """Returns a key that is equal for values that stack."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return tuple((key, _shape(value[key])) for key in sorted(value))
    array = util.to_numpy(value)
    return array.shape, array.dtype.kind


def _stacked(values: Sequence[Any]) -> Any:
    """Stacks values of examples as values of a batch."""
    if values[0] is None:
        return None
    if isinstance(values[0], Mapping):
        return {key: _stacked([value[key] for value in values]) for key in values[0]}
    return np.stack([util.to_numpy(value) for value in values])
