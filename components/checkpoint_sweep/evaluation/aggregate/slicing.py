"""The slices that each example of a batch belongs to.

TFMA's own slicer decides, but only once for each distinct combination of feature values that a
slicing spec looks at, instead of once for each example.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from tensorflow_model_analysis.api import types as tfma_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.utils import util

from checkpoint_sweep.evaluation.tfma_internals import SliceKey

# A batch whose examples fall into more than this many distinct sets of slices, per distinct
# slice, is summed slice by slice instead of set by set.
_SETS_PER_SLICE = 2
_CACHED_COMBINATIONS = 100_000


@dataclasses.dataclass(frozen=True)
class Rows:
    """The rows that a batch adds to: each stands for a set of slices.

    Attributes:
        slices: Slices that the sums of each row belong to.
        row: (pairs,) int64, index into ``slices``.
        example: (pairs,) int64, the example that adds to the row.
    """

    slices: list[tuple[SliceKey, ...]]
    row: np.ndarray
    example: np.ndarray

    def take(self, regular: np.ndarray) -> "Rows":
        """Keeps the pairs of examples in ``regular``, a (batch size,) mask, and renumbers them."""
        if regular.all():
            return self
        keep = regular[self.example]
        number = np.cumsum(regular) - 1
        return Rows(self.slices, self.row[keep], number[self.example[keep]])


class _NotANumber(float):
    """NaN that is equal to itself, also in another process: there is one slice of it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _NotANumber)

    def __hash__(self) -> int:
        return hash(_NotANumber)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return _NotANumber, ("nan",)


def with_equal_nan(key: SliceKey) -> SliceKey:
    """Returns the key with values of NaN that are equal to each other."""
    return tuple((name, _equal_nan(value)) for name, value in key)


def with_plain_nan(key: SliceKey) -> SliceKey:
    """Returns the key as TFMA has it: the inverse of `with_equal_nan`."""
    return tuple((n, float("nan") if isinstance(v, _NotANumber) else v) for n, v in key)


def _equal_nan(value: Any) -> Any:
    return _NotANumber("nan") if isinstance(value, float) and value != value else value


def slicing_specs(eval_config: config_pb2.EvalConfig) -> list[slicer_lib.SingleSliceSpec]:
    """Lists the specs to slice by, with those of cross slices, in TFMA's extractor's order."""
    specs = [slicer_lib.SingleSliceSpec(spec=spec) for spec in eval_config.slicing_specs]
    for cross in eval_config.cross_slicing_specs:
        for spec in (cross.baseline_spec, *cross.slicing_specs):
            single = slicer_lib.SingleSliceSpec(spec=spec)
            if single not in specs:
                specs.append(single)
    return specs or [slicer_lib.SingleSliceSpec()]


def columns(specs: Sequence[slicer_lib.SingleSliceSpec]) -> set[str]:
    """Names the features that the specs look at."""
    return {name for spec in specs for name in _features(spec)}


class Slicer:
    """Assigns the examples of batches to slices.

    Args:
        specs: Specs to slice by, as ``slicing_specs`` gives them.
    """

    def __init__(self, specs: Sequence[slicer_lib.SingleSliceSpec]) -> None:
        self._specs = list(specs)
        self._known: list[dict[tuple, tuple[SliceKey, ...]]] = [{} for _ in self._specs]

    def rows(self, features: Mapping[str, Any], size: int) -> Rows:
        """Finds the rows of a batch.

        Args:
            features: Tensor values of the batch, by feature.
            size: Number of examples.
        """
        encoded: dict[str, tuple[np.ndarray, list[np.ndarray | None]]] = {}
        joint = np.zeros(size, np.int64)
        chosen: list[tuple[SliceKey, ...]] = [()]
        for spec, known in zip(self._specs, self._known, strict=True):
            names = _features(spec)
            for name in names:
                if name not in encoded:
                    encoded[name] = _encode(features.get(name), size)
            codes, keys = self._apply(spec, known, [encoded[name] for name in names], names, size)
            joint, first = _compact(joint * len(keys) + codes)
            chosen = [
                tuple(dict.fromkeys(chosen[index // len(keys)] + keys[index % len(keys)]))
                for index in first
            ]
        return _as_rows(joint, [tuple(sorted(keys, key=repr)) for keys in chosen])

    def _apply(
        self,
        spec: slicer_lib.SingleSliceSpec,
        known: dict,
        encoded: list,
        names: list[str],
        size: int,
    ) -> tuple[np.ndarray, list[tuple[SliceKey, ...]]]:
        """Applies one spec: gives (size,) codes, and the slice keys that each code stands for."""
        codes = np.zeros(size, np.int64)
        combos: list[tuple[int, ...]] = [()]
        for column_codes, values in encoded:
            codes, first = _compact(codes * len(values) + column_codes)
            combos = [(*combos[index // len(values)], index % len(values)) for index in first]
        keys = []
        for combo in combos:
            values = [encoded[i][1][index] for i, index in enumerate(combo)]
            identity = tuple(
                None if v is None else (v.dtype.kind, *map(_equal_nan, v.tolist())) for v in values
            )
            if identity not in known:
                if len(known) >= _CACHED_COMBINATIONS:
                    known.clear()
                example = {n: v for n, v in zip(names, values, strict=True) if v is not None}
                known[identity] = tuple(
                    with_equal_nan(key)
                    for key in slicer_lib.get_slices_for_features_dicts([], example, [spec])
                )
            keys.append(known[identity])
        return codes, keys


def _features(spec: slicer_lib.SingleSliceSpec) -> list[str]:
    proto = spec.to_proto()
    return sorted({*proto.feature_keys, *proto.feature_values})


def _compact(codes: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Renumbers codes from 0, and gives the old code of each new one."""
    new, old = pd.factorize(codes)
    return new.astype(np.int64), [int(code) for code in old]


def _encode(value: Any, size: int) -> tuple[np.ndarray, list[np.ndarray | None]]:
    """Encodes a tensor value: (size,) codes, and the values, an array or None, of each code."""
    if value is None:
        return np.zeros(size, np.int64), [None]
    if isinstance(value, np.ndarray) and value.reshape(size, -1).shape[1] == 1:
        codes, distinct = pd.factorize(value.reshape(size), use_na_sentinel=False)
        return codes.astype(np.int64), [np.array([v], value.dtype) for v in distinct]
    if isinstance(value, tfma_types.VarLenTensorValue):
        row = value.indices[:, 0].astype(np.int64)
        if np.bincount(row, minlength=1).max() <= 1:
            inner, distinct = pd.factorize(value.values, use_na_sentinel=False)
            codes = np.zeros(size, np.int64)
            codes[row] = inner + 1
            empty = np.zeros(0, value.values.dtype)
            return codes, [empty, *(np.array([v], value.values.dtype) for v in distinct)]
        splits = np.searchsorted(row, np.arange(size + 1))
        rows = [value.values[a:b] for a, b in itertools.pairwise(splits)]
    else:
        examples = util.split_extracts({"value": value})
        rows = [_flat(example["value"]) for example in examples]
    index: dict[tuple, int] = {}
    found: list[np.ndarray] = []
    codes = np.empty(size, np.int64)
    for i, values in enumerate(rows):
        distinct = np.unique(values)
        identity = tuple(map(_equal_nan, distinct.tolist()))
        if identity not in index:
            index[identity] = len(found)
            found.append(distinct)
        codes[i] = index[identity]
    return codes, list(found)


def _flat(value: Any) -> np.ndarray:
    values = getattr(value, "values", value)
    return np.asarray(values).ravel()


def _as_rows(joint: np.ndarray, sets: list[tuple[SliceKey, ...]]) -> Rows:
    """Makes rows that stand for sets of slices, or for single slices where these are fewer."""
    example = np.arange(joint.size)
    distinct = {key: None for keys in sets for key in keys}
    if len(sets) > _SETS_PER_SLICE * len(distinct) + 16:
        position = {key: i for i, key in enumerate(distinct)}
        sizes = np.array([len(keys) for keys in sets])
        flat = np.array([position[key] for keys in sets for key in keys], np.int64)
        starts = np.cumsum(sizes) - sizes
        repeats = sizes[joint]
        pair = np.repeat(example, repeats)
        within = np.arange(pair.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        return Rows([(key,) for key in distinct], flat[starts[joint[pair]] + within], pair)
    kept = np.array([bool(keys) for keys in sets])[joint]
    return Rows(sets, joint[kept], example[kept])
