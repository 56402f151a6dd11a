"""What the four contenders are given: files of examples, and numbers."""

import dataclasses
import math
import os

import pandas as pd

from checkpoint_sweep.sweeping.tables.columns import TableColumns
from checkpoint_sweep.sweeping.tables.to_examples import to_examples
from pipeline.problems.taxi.problem import taxi_data

_COLUMNS = ["fare", "trip_miles", "trip_start_hour", "payment_type", "big_tipper"]
_SEED = 7
_EVALUATED_SHARE = 1 / 3


@dataclasses.dataclass(frozen=True)
class Data:
    """Files of serialized examples, TFRecord compressed by gzip.

    Attributes:
        trained: File to train on.
        spoilt: File with the opposite labels: whoever trains on these gets worse.
        evaluated: File to evaluate on; none of its examples is in `trained`.
        examples: Number of examples in `evaluated`.
    """

    trained: str
    spoilt: str
    evaluated: str
    examples: int


@dataclasses.dataclass(frozen=True)
class Job:
    """The job.

    Attributes:
        directory: Directory for everything that is written.
        trained: File to train on.
        evaluated: File to evaluate on.
        examples: Number of examples in `evaluated`.
        steps: Number of training steps.
        checkpoint_steps: Number of steps from one checkpoint to the next.
        learning_rate: Learning rate of Adam; 0 makes all checkpoints equal.
        batch_size: Number of examples in a batch of evaluation.
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
        """Names a path in the directory."""
        return os.path.join(self.directory, name)


def prepare(directory: str, rows: int | None = None) -> Data:
    """Writes the examples: taxi rows that the `tfx` package ships, in random order.

    Args:
        directory: Directory for the files; it is made if need be.
        rows: Number of rows; None for all 15,002.
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
    return to_examples([path], TableColumns(), directory).path
