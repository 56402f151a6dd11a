"""Examples of one user that are not independent: coverage, with folds by example and by user.

    python -m benchmarks.study.clusters

Each user has 20 rows, each row a score by each checkpoint, a unit normal number; the metric is the
mean of the scores. A part of their variance is the user's, so that rows of one user have more in
common than those of two: as shares of the variance, 0 is data without clusters.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from benchmarks.study.equally_good import FOLDS, judge, of_mean
from benchmarks.study.fold_metrics import Array
from checkpoint_sweep.selection.replicates import Replicates

_ROWS_PER_USER = 20
_CORRELATION = 0.9
_KEYS = (None, "user_id")


@dataclasses.dataclass(frozen=True)
class Covered:
    """How often what is said is true, of checkpoints that are equally good.

    Attributes:
        users: Number of users.
        of_user: Share of the variance of a score that is the user's.
        cluster_key: Feature by which folds are drawn; None for folds by example.
        value: Share of the intervals of values that hold the truth, 0.
        difference: Share of the intervals of differences that hold it.
        in_set: Share of samples in which a fixed checkpoint, one of the best, is in the set.
        error: Mean standard error of the value, as a share of its true standard deviation.
        cautioned: Share of the intervals of values that have a caution.
    """

    users: int
    of_user: float
    cluster_key: str | None
    value: float
    difference: float
    in_set: float
    error: float
    cautioned: float


def simulate(
    users: int, of_user: float, samples: int, seed: int = 0, checkpoints: int = 10
) -> list[Covered]:
    """Draws samples, each with folds by example and by user."""
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(users), _ROWS_PER_USER)
    # The variance of the mean: users are independent, and rows of one user are beside that.
    truth = np.sqrt(of_user / users + (1 - of_user) / user.size)
    found: dict[str | None, list[tuple[float, ...]]] = {key: [] for key in _KEYS}
    for _ in range(samples):
        scores = _scores(rng, users, of_user, checkpoints)
        folds = {
            None: rng.integers(0, FOLDS, user.size),
            "user_id": rng.integers(0, FOLDS, users)[user],
        }
        for key, fold in folds.items():
            replicates = [of_mean(row, fold, key) for row in scores]
            found[key].append(_trial(replicates, float(truth)))
    return [
        Covered(users, of_user, key, *map(float, np.mean(rows, axis=0)))
        for key, rows in found.items()
    ]


def _scores(rng: np.random.Generator, users: int, of_user: float, checkpoints: int) -> Array:
    """Draws the scores, (checkpoints, rows): what checkpoints share, and what is their own."""
    shape = checkpoints + 1, users
    of_users = np.repeat(rng.normal(size=shape), _ROWS_PER_USER, axis=1)
    of_rows = rng.normal(size=of_users.shape)
    parts = np.sqrt(of_user) * of_users + np.sqrt(1 - of_user) * of_rows
    scores = np.sqrt(_CORRELATION) * parts[0] + np.sqrt(1 - _CORRELATION) * parts[1:]
    return np.asarray(scores)


def _trial(replicates: list[Replicates], error: float) -> tuple[float, ...]:
    """Returns whether value, difference and set hold the truth, the error, and a caution."""
    said = judge(replicates, truth=0.0)
    shown = said.standard_error / error
    return said.value, said.difference, said.in_set, shown, said.first.caution is not None


def table(samples: int) -> Iterator[str]:
    """Yields the lines of the table in `STUDY.md`."""
    yield (
        "| users | variance of the user | cluster key | value | difference | best in the set "
        "| standard error | cautioned |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for users in (20, 50, 200, 1000):
        for of_user in (0.0, 0.1, 0.5):
            for row in simulate(users, of_user, samples):
                held = (f"{100 * share:.1f}" for share in (row.value, row.difference, row.in_set))
                yield (
                    f"| {users} | {of_user:.0%} | {row.cluster_key or 'none'} | "
                    f"{' | '.join(held)} | {row.error:.2f} | {row.cautioned:.0%} |"
                )


if __name__ == "__main__":
    for line in table(200):
        print(line, flush=True)
