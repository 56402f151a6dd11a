"""Candidates of averaged checkpoints, made tensor by tensor."""

import contextlib
import functools
import os
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from checkpoint_sweep.common import ownership
from checkpoint_sweep.common.digests import TensorDigest
from checkpoint_sweep.common.file_states import FileStates
from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.common.text import some
from checkpoint_sweep.model_run.exported_model import needed_keys
from checkpoint_sweep.model_run.value_matching import identical
from checkpoint_sweep.saved_model import moving_statistics
from checkpoint_sweep.saved_model.copies import find_copies
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.restored_variables import ServedGraph, served_graph
from checkpoint_sweep.saved_model.tensor_bundle import (
    TensorBundle,
    UnreadableError,
    bundle_files,
    write_bundle,
)

_BUNDLE = "weights"
_NAMED = 2
# TensorFlow's ends of the keys of a table's tensors, for graphs that do not tell their tables.
_OF_TABLE = ("-keys", "-values")


class Averager:
    """Averages checkpoints of one run.

    It averages the tensors that would be served: those that signatures read, from where the
    candidates take them in their checkpoints. Numbers with a fraction are averaged in float64, by
    step, with weights or without, and stored in the variable's type. All else, such as the step,
    counters, text and tables, is that of the newest checkpoint.

    Args:
        sources: Candidates by step, at least one, all of one exported model.
        directory: Directory for the averaged weights, a folder for each average.
    """

    def __init__(self, sources: Mapping[int, ModelSource], directory: str) -> None:
        self._sources = sources
        self._directory = directory
        source = next(iter(sources.values()))
        self._saved_model = source.saved_model
        self._own = TensorBundle(source.own_weights)
        self._bundles: dict[int, TensorBundle] = {}

    def unaveraged_reason(self, steps: Sequence[int]) -> str | None:
        """Says why these checkpoints cannot be averaged; None if they can.

        Moving statistics of a normalisation are means over training data under the weights of
        one checkpoint. An average of weights needs its own, which only the training data give.
        Statistics that are equal in all of the checkpoints were not learned with the weights.
        """
        try:
            changing = [key for key in sorted(self._statistics) if self._differs(key, steps)]
        except UnreadableError as error:
            return f"unreadable: {error}"
        if changing:
            names = [self._own.name(key) for key in changing]
            return (
                "the moving statistics of a normalisation cannot be averaged, and computing them "
                f"anew needs the training data: {some(names, _NAMED)}"
            )
        if self._statistics_are_hidden:
            return (
                "its graph does not tell which variables are moving statistics of a "
                "normalisation, which cannot be averaged"
            )
        return None

    def make(
        self, name: str, steps: Sequence[int], weights: Sequence[float] | None = None
    ) -> ModelSource | str:
        """Writes an average; returns the candidate, or the reason why there is none.

        Args:
            name: Name of the candidate.
            steps: Steps of the checkpoints, at least one, each with a candidate.
            weights: Weights of the checkpoints, by step, which sum to 1; None for equal ones.
        """
        if reason := self.unaveraged_reason(steps):
            return reason
        try:
            tensors, digest = self._average(sorted(steps), weights)
        except UnreadableError as error:
            return f"unreadable: {error}"
        self.remove(name)
        folder = self._folder(name)
        with replacing(folder) as scratch:
            ownership.mark(scratch, _mark(name))
            write_bundle(os.path.join(scratch, _BUNDLE), tensors)
        prefix = os.path.join(folder, _BUNDLE)
        kept = frozenset(self._own.shapes.keys() - tensors.keys())
        return ModelSource(
            name,
            self._saved_model,
            prefix,
            kept=kept,
            digest=digest,
            digested=self._needed,
            files=FileStates.of(bundle_files(prefix)),
        )

    def remove(self, name: str) -> None:
        """Removes the weights of an average, if there are any."""
        ownership.remove(self._folder(name), _mark(name))

    def _folder(self, name: str) -> str:
        return os.path.join(self._directory, name)

    def _average(
        self, steps: Sequence[int], weights: Sequence[float] | None
    ) -> tuple[dict[str, tf.Tensor], str]:
        """Averages the weights; returns them by the exported model's keys, and their digest.

        Raises:
            UnreadableError: A checkpoint has gone or is damaged.
        """
        newest = self._sources[steps[-1]]
        tensors, digest = {}, TensorDigest()
        for key in self._own.shapes:
            if key in newest.kept:
                continue
            averaged = key in self._averaged
            value = (
                self._mean(key, steps, weights) if averaged else self._read(key, newest, steps[-1])
            )
            if key in self._needed:
                digest.add(key, value)
            tensors[key] = tf.constant(value, self._own.dtypes[key])
        return tensors, digest.hexdigest()

    def _mean(self, key: str, steps: Sequence[int], weights: Sequence[float] | None) -> np.ndarray:
        dtype = self._own.dtypes[key]
        exact = np.complex128 if dtype.is_complex else np.float64
        total: np.ndarray = np.zeros(self._own.shapes[key], exact)
        for step, weight in zip(steps, weights or [1] * len(steps), strict=True):
            total += weight * self._read(key, self._sources[step], step).astype(exact)
        if weights is None:
            total /= len(steps)
        return np.asarray(total, dtype.as_numpy_dtype)

    def _read(self, key: str, source: ModelSource, step: int) -> np.ndarray:
        if step not in self._bundles:
            self._bundles[step] = TensorBundle(source.weights)
        return np.asarray(self._bundles[step].read_once(source.key_of(key)))

    def _differs(self, key: str, steps: Sequence[int]) -> bool:
        first, *others = (self._read(key, self._sources[step], step) for step in steps)
        return not all(identical(first, other) for other in others)

    @functools.cached_property
    def _served(self) -> ServedGraph | None:
        return served_graph(self._saved_model)

    @functools.cached_property
    def _needed(self) -> frozenset[str]:
        return needed_keys(self._saved_model, self._own)

    @functools.cached_property
    def _averaged(self) -> frozenset[str]:
        dtypes, served = self._own.dtypes, self._served
        of_tables = {key for key in self._needed if key.endswith(_OF_TABLE)}
        averaged = {
            key
            for key in self._needed - (of_tables if served is None else served.tables)
            if dtypes[key].is_floating or dtypes[key].is_complex
        }
        copies = find_copies(self._saved_model, self._own.graph)
        return frozenset(averaged | {copy for copy, key in copies.items() if key in averaged})

    @functools.cached_property
    def _statistics(self) -> frozenset[str]:
        by_name = moving_statistics.by_name({key: self._own.name(key) for key in self._averaged})
        by_graph = moving_statistics.by_graph(self._served) if self._served else frozenset()
        return by_name | (by_graph & self._averaged)

    @functools.cached_property
    def _statistics_are_hidden(self) -> bool:
        return (
            not self._statistics
            and self._served is not None
            and moving_statistics.is_hidden(self._served)
        )


def remove_averages(directory: str) -> None:
    """Removes the weights of all averages in a folder: they are large, and quickly made again."""
    if not tf.io.gfile.isdir(directory):
        return
    for name in tf.io.gfile.listdir(directory):
        folder = name.rstrip("/")
        ownership.remove(os.path.join(directory, folder), _mark(folder))
    if "://" not in directory:
        with contextlib.suppress(OSError):
            os.rmdir(directory)  # It stays if something is in it, ours or another's.


def _mark(name: str) -> str:
    return f"weights of {name}"
