"""How long a benchmark will still take."""

from collections.abc import Iterable

from benchmarks.engine.cases import (
    BARE_SESSION_RUN,
    ENGINE,
    ENGINE_WITHOUT_FOLDS,
    ESTIMATOR_EVALUATE,
    KERAS_EVALUATE,
    SLIM_EVALUATE_ONCE,
    TFMA_ALL_MODELS,
    TFMA_NEWEST_STACK,
    TFMA_PER_CHECKPOINT,
    Case,
)

# Seconds once, for each checkpoint, each example, and each example of each checkpoint. They need
# only be about right relative to each other: no result depends on them.
_ROUGHLY = {
    ENGINE: (8.0, 0.05, 2e-5, 1e-6),
    ENGINE_WITHOUT_FOLDS: (8.0, 0.05, 2e-5, 1e-6),
    BARE_SESSION_RUN: (6.5, 0.03, 5e-6, 4e-7),
    ESTIMATOR_EVALUATE: (8.0, 1.5, 0.0, 3e-5),
    SLIM_EVALUATE_ONCE: (8.0, 1.5, 0.0, 3e-5),
    KERAS_EVALUATE: (8.0, 0.5, 0.0, 3e-5),
    TFMA_NEWEST_STACK: (11.0, 5.0, 0.0, 1e-3),
    TFMA_PER_CHECKPOINT: (8.0, 5.0, 0.0, 2.5e-3),
    TFMA_ALL_MODELS: (10.0, 4.0, 0.0, 2.5e-3),
}


class Remaining:
    """Corrects a rough guess by the pace so far."""

    def __init__(self) -> None:
        self._guessed = self._took = 0.0

    def took(self, case: Case, seconds: float) -> None:
        """Learns that a process of this case took so many seconds."""
        self._guessed += _guess(case)
        self._took += seconds

    def seconds(self, cases: Iterable[Case]) -> float:
        """Estimates the seconds that processes of these cases will take."""
        pace = self._took / self._guessed if self._guessed else 1.0
        return pace * sum(_guess(case) for case in cases)


def _guess(case: Case) -> float:
    once, checkpoint, example, both = _ROUGHLY[case.contender]
    k, n = case.checkpoints, case.examples
    return once + checkpoint * k + example * n + both * k * n
