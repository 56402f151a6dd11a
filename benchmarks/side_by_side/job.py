"""What the four ways are given: files of examples, and numbers."""

import dataclasses
import math
import os

import pandas as pd

from checkpoint_sweep.sweeping import tables
from pipeline.problems.taxi.problem import taxi_data

_COLUMNS = ["fare", "trip_miles", "trip_start_hour", "payment_type", "big_tipper"]
_SEED = 7
_EVALUATED_SHARE = 1 / 3


@dataclasses.dataclass(frozen=True)
class Data:
    """Files of serialized examples, TFRecord compressed by gzip.

    Attributes:
        trained: to train on.
        spoilt: the same with the opposite labels: whoever trains on these gets worse.
        evaluated: to evaluate on; none of them is in `trained`.
        examples: how many there are in `evaluated`.
    """

    trained: str
    spoilt: str
    evaluated: str
    examples: int


@dataclasses.dataclass(frozen=True)
class Job:
    """The job.

    Attributes:
        directory: for everything that is written.
        trained: file to train on.
        evaluated: file to evaluate on.
        examples: how many there are in `evaluated`.
        steps: of training.
        checkpoint_steps: steps from one checkpoint to the next.
        learning_rate: of Adam; 0 makes all checkpoints equal.
        batch_size: of evaluation.
    """

    directory: str
    trained: str
    evaluated: str
    examples: int
    steps: int
    checkpoint_steps: int
    learning_rate: float = 0.002
    batch_size: int = 1000

    @property
    def model_run(self) -> str:
        """Folder of an Estimator's checkpoints."""
        return self.path("model_run")

    @property
    def evaluation_batches(self) -> int:
        """How many batches one evaluation has."""
        return math.ceil(self.examples / self.batch_size)

    def path(self, name: str) -> str:
        """In the directory."""
        return os.path.join(self.directory, name)


def prepare(directory: str, rows: int | None = None) -> Data:
    """Writes the examples: taxi rows that the `tfx` package ships, in random order.

    Args:
        directory: for the files; it is made if need be.
        rows: how many; None for all 15,002.
    """
    os.makedirs(directory, exist_ok=True)
    whole = pd.read_csv(taxi_data() / "data.csv", usecols=_COLUMNS)
    shuffled = whole.sample(rows or len(whole), random_state=_SEED)
    cut = int(len(shuffled) * _EVALUATED_SHARE)
    evaluated, trained = shuffled[:cut], shuffled[cut:]
    spoilt = trained.assign(big_tipper=1 - trained["big_tipper"])
    return Data(
        _write(directory, "trained", trained),
        _write(directory, "spoilt", spoilt),
        _write(directory, "evaluated", evaluated),
        len(evaluated),
    )


def _write(directory: str, name: str, rows: pd.DataFrame) -> str:
    path = os.path.join(directory, f"{name}.csv")
    rows.to_csv(path, index=False)
    return tables.to_examples([path], directory)
