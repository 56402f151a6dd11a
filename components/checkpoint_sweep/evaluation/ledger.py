"""A record of what the sweep has evaluated, rewritten after each checkpoint."""

import dataclasses
import json
import os
from collections.abc import Iterable

import tensorflow as tf

from checkpoint_sweep.common.files import write_json

LEDGER = "ledger.json"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One checkpoint of the sweep.

    Attributes:
        name: of the candidate; also the folder of its results, relative to the ledger.
        step: training step.
        checkpoint: prefix of the checkpoint.
        status: "evaluated", "left out" or "failed".
        seconds: wall time of its evaluation.
        reason: why it has no results; None when it has.
    """

    name: str
    step: int
    checkpoint: str
    status: str
    seconds: float = 0.0
    reason: str | None = None


def write_ledger(directory: str, entries: Iterable[Entry]) -> None:
    """Writes all entries, by step, to the evaluation's directory."""
    ordered = sorted(entries, key=lambda e: e.step)
    content = {"checkpoints": [dataclasses.asdict(e) for e in ordered]}
    write_json(os.path.join(directory, LEDGER), content)


def read_ledger(directory: str) -> list[Entry]:
    """The entries, by step, that `write_ledger` wrote."""
    with tf.io.gfile.GFile(os.path.join(directory, LEDGER)) as file:
        return [Entry(**fields) for fields in json.load(file)["checkpoints"]]
