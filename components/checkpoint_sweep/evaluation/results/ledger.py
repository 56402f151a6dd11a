"""The ledger: a record of the checkpoints that a sweep has evaluated, rewritten after each.

A checkpoint that an earlier sweep has evaluated with an equal fingerprint is not evaluated again:
its results are copied, see `candidates.reuse`.
"""

import dataclasses
import enum
import json
import os
from collections.abc import Iterable, Sequence

import tensorflow as tf

from checkpoint_sweep.common.files import special_file, write_json
from checkpoint_sweep.common.names import CandidateLabels, without_run

LEDGER = "ledger.json"
# Raised when a key changes its meaning or goes; keys may be added.
VERSION = 2
# The folder of the weights of averages, beside the ledger.
AVERAGES = "averages"


class EntryStatus(str, enum.Enum):
    """The outcome of a candidate; the values are those of the file."""

    EVALUATED = "evaluated"
    FAILED = "failed"
    SKIPPED = "skipped"
    # An average that was evaluated on the way to a greedy soup and is no candidate.
    TRIAL = "trial"


@dataclasses.dataclass(frozen=True)
class Entry(CandidateLabels):
    """One checkpoint of the sweep.

    Attributes:
        name: Name of the candidate; also the folder of its results, relative to the ledger.
        step: Training step; of an average, that of the newest checkpoint in it.
        checkpoint: Prefix of the checkpoint, or of the averaged weights.
        status: Outcome of the candidate.
        seconds: Wall time of its evaluation; 0 if its results are an earlier sweep's.
        reason: Reason why it has no results; None when it has some.
        key: Key of its evaluation by fingerprint and weights; "" where nothing was evaluated.
        reused: Whether its results are an earlier sweep's.
        results: Digest of the files of its results; "" without.
        averaged: Steps of the checkpoints that it is the average of; None for a checkpoint.
        run: Name of its run in a sweep of several; None in a sweep of one.
    """

    name: str
    step: int
    checkpoint: str
    status: EntryStatus
    seconds: float = 0.0
    reason: str | None = None
    key: str = ""
    reused: bool = False
    results: str = ""
    averaged: Sequence[int] | None = None
    run: str | None = None


def write_ledger(directory: str, entries: Iterable[Entry]) -> None:
    """Writes all entries, by run and step, to the evaluation's directory."""
    ordered = sorted(entries, key=lambda entry: entry.place)
    content = {
        "version": VERSION,
        "checkpoints": [without_run(dataclasses.asdict(entry)) for entry in ordered],
    }
    write_json(os.path.join(directory, LEDGER), content)


def read_ledger(directory: str) -> list[Entry]:
    """Reads the entries, by step, that `write_ledger` wrote, also in version 1.

    Raises:
        ValueError, KeyError, TypeError: It is damaged, or of another version.
    """
    path = os.path.join(directory, LEDGER)
    if special_file([path]):
        raise ValueError(f"{path} is not a regular file.")
    with tf.io.gfile.GFile(path) as file:
        content = json.load(file)
    entries = [
        Entry(**{**fields, "status": _status(fields["status"])})
        for fields in content["checkpoints"]
    ]
    if (version := content.get("version", 1)) not in (1, VERSION):
        raise ValueError(f"{path} is of version {version!r}, not {VERSION}.")
    for entry in entries:
        texts = (entry.name, entry.key, entry.results)
        if not all(isinstance(text, str) for text in texts) or "/" in entry.name:
            raise ValueError(f"{path} has an entry that is none: {entry}.")
    return entries


def _status(text: str) -> EntryStatus:
    """Reads a status; in version 1, one of them had another word."""
    return EntryStatus.SKIPPED if text == "left out" else EntryStatus(text)
