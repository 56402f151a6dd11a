"""Seconds of an evaluation by its size, fitted to measurements."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import optimize

from checkpoint_sweep.evaluation.aggregate import candidate_ranges, merging
from checkpoint_sweep.evaluation.fused.transform import DEFAULT_BATCH_SIZE

TERMS = (
    *("start-up", "example", "example and model", "model", "model and slice"),
    *("batch, model and slice", "state, model and slice", "part"),
    *("element of a worker", "element", "task of a shuffle"),
)
_BRANCHES = 32  # Dask's.
# What a further stage of merging adds to an element: docs/decisions/0013.
_STAGE = 0.2


@dataclasses.dataclass(frozen=True)
class Load:
    """What is to be done.

    Attributes:
        examples: Number of examples in all files.
        models: Number of models, candidates and baseline.
        slices: Number of slices, with the one of all examples.
        workers: Number of workers, of a core each.
        parts: Number of parts of files, which are read apart from each other.
        elements: Number of elements of the pipeline that these are dealt out to.
    """

    examples: float
    models: float
    slices: float
    workers: float
    parts: float
    elements: float

    def terms(self) -> np.ndarray:
        """Counts how often each of `TERMS` is paid, one after the other: (11,) float64.

        Examples, the sums of their batches, parts and elements are divided among workers. Every
        worker loads every model, all at the same time. States, one of each element, are merged in
        stages, a range of candidates and a group of states by one worker. What is left for the
        end, a model's metrics of a slice and its files, is counted as if one worker did it; what
        the scheduler does for an element, and for a task of the shuffle, is done by one.
        """
        own = self.examples / self.workers
        outputs = self.models * self.slices
        batches = math.ceil(own / DEFAULT_BATCH_SIZE)
        parts = math.ceil(self.parts / self.workers)
        stages = merging.groups(int(self.workers))
        scheduled = self.elements * (1 + _STAGE * len(stages))
        return np.array(
            [
                *(1, own, own * self.models, self.models, outputs),
                *(batches * outputs, self._merged(stages) * outputs, parts),
                *(math.ceil(self.elements / self.workers), scheduled, self._tasks()),
            ],
            np.float64,
        )

    def _merged(self, stages: Sequence[int]) -> float:
        """Counts the states that one worker merges after another, those of all ranges as one."""
        ranges = len(candidate_ranges.ranges_of(int(self.models)))
        merged, states = 0.0, self.elements
        for groups in (*stages, 1):
            merged += states / min(self.workers, groups * ranges)
            states = groups
        return merged

    def _tasks(self) -> float:
        """Counts the tasks in which Dask shuffles: ``groupby_tasks`` of `dask.bag`."""
        stages = 1
        while _BRANCHES**stages < self.elements:
            stages += 1
        width = math.ceil(round(self.elements ** (1 / stages), 9))
        return float(stages * width ** (stages + 1))


@dataclasses.dataclass(frozen=True)
class CostModel:
    """Seconds for each of `TERMS`, (11,) float64, none of them negative."""

    seconds: np.ndarray

    @classmethod
    def fit(cls, loads: Sequence[Load], measured: Sequence[float]) -> "CostModel":
        """Fits the seconds of each term by least squares of relative errors.

        Args:
            loads: Loads that were measured: at least as many as there are terms, and different
                enough.
            measured: Seconds of each load, positive.

        Raises:
            ValueError: too few.
        """
        if len(loads) < len(TERMS):
            raise ValueError(f"{len(loads)} measurements are too few for {len(TERMS)} terms.")
        terms = np.stack([load.terms() for load in loads])
        scale = terms.max(axis=0)  # Or the solver takes a millionth of a second for nothing.
        wanted = np.asarray(measured, np.float64)
        solution, _ = optimize.nnls(terms / scale / wanted[:, None], np.ones(len(wanted)))
        return cls(solution / scale)

    def predict(self, load: Load) -> float:
        """Predicts the seconds of a load."""
        return float(load.terms() @ self.seconds)

    def residuals(self, loads: Sequence[Load], measured: Sequence[float]) -> np.ndarray:
        """Computes predicted by measured seconds, less one: (n,) float64."""
        return np.array([self.predict(load) for load in loads]) / np.asarray(measured) - 1
