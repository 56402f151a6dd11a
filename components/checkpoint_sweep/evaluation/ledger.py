"""A record of what a sweep has evaluated, rewritten after each checkpoint, and what it saves.

A checkpoint that an earlier sweep has evaluated under equal circumstances is not evaluated again:
its results are copied. Circumstances are content: see `Circumstances`.
"""

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Sequence

import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep.common import digests
from checkpoint_sweep.common.eval_config import metric_code
from checkpoint_sweep.common.files import PARTIAL, move, special_file, write_json
from checkpoint_sweep.evaluation.jackknife.wanted import Wanted
from checkpoint_sweep.saved_model import signatures
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.version import __version__

LEDGER = "ledger.json"
# The folder of the weights of averages, beside the ledger.
AVERAGES = "averages"
_SET_ASIDE = ".unfinished"
EVALUATED, FAILED, LEFT_OUT, TRIAL = "evaluated", "failed", "left out", "trial"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One checkpoint of the sweep.

    Attributes:
        name: of the candidate; also the folder of its results, relative to the ledger.
        step: training step; of an average, that of the newest checkpoint in it.
        checkpoint: prefix of the checkpoint, or of the averaged weights.
        status: "evaluated", "left out" or "failed"; "trial" for an average that was evaluated on
            the way to a greedy soup and is no candidate.
        seconds: wall time of its evaluation; 0 if its results are an earlier sweep's.
        reason: why it has no results; None when it has.
        key: of the circumstances of its evaluation; "" where nothing was evaluated.
        reused: whether its results are an earlier sweep's.
        results: digest of the files of its results; "" without.
        averaged: steps of the checkpoints that it is the average of; None for a checkpoint.
    """

    name: str
    step: int
    checkpoint: str
    status: str
    seconds: float = 0.0
    reason: str | None = None
    key: str = ""
    reused: bool = False
    results: str = ""
    averaged: Sequence[int] | None = None


def write_ledger(directory: str, entries: Iterable[Entry]) -> None:
    """Writes all entries, by step, to the evaluation's directory."""
    ordered = sorted(entries, key=lambda e: (e.step, e.averaged is not None))
    content = {"checkpoints": [dataclasses.asdict(e) for e in ordered]}
    write_json(os.path.join(directory, LEDGER), content)


def read_ledger(directory: str) -> list[Entry]:
    """The entries, by step, that `write_ledger` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is damaged, or of another version.
    """
    path = os.path.join(directory, LEDGER)
    if special_file([path]):
        raise ValueError(f"{path} is no regular file.")
    with tf.io.gfile.GFile(path) as file:
        entries = [Entry(**fields) for fields in json.load(file)["checkpoints"]]
    for entry in entries:
        texts = (entry.name, entry.status, entry.key, entry.results)
        if not all(isinstance(text, str) for text in texts) or "/" in entry.name:
            raise ValueError(f"{path} has an entry that is none: {entry}.")
    return entries


@dataclasses.dataclass(frozen=True)
class Circumstances:
    """What beside a checkpoint's weights decides on the results of its evaluation.

    Attributes:
        digest: of evaluation config, metrics whose uncertainty is estimated, code of the metrics
            that the config names, examples, baseline, engine, and the versions of this library
            and of TFMA.
    """

    digest: str

    @classmethod
    def of(
        cls,
        eval_config: tfma.EvalConfig,
        examples: Sequence[str],
        schema: bytes,
        baseline: ModelSource | None,
        engine: str,
        decisive: Wanted | None = None,
    ) -> "Circumstances":
        """From all that is read.

        Args:
            eval_config: with its defaults filled in.
            examples: patterns of the files of examples.
            schema: of the examples, serialized; empty without.
            baseline: the model to compare with.
            engine: its name.
            decisive: the metrics whose uncertainty is estimated.
        """
        files = [path for pattern in examples for path in tf.io.gfile.glob(pattern)]
        return cls(
            digests.of_parts(
                __version__,
                tfma.__version__,
                engine,
                eval_config.SerializeToString(deterministic=True),
                metric_code(eval_config),
                digests.of_files(files),
                schema,
                _of_saved_model(baseline.saved_model) if baseline else "",
                decisive.digest if decisive else "",
            )
        )

    def keys(self, candidates: Sequence[ModelSource]) -> dict[str, str]:
        """By name, the keys of the evaluations of candidates."""
        graphs = {
            directory: signatures.fingerprint(directory)
            for directory in {candidate.saved_model for candidate in candidates}
        }
        return {
            candidate.name: digests.of_parts(
                self.digest, graphs[candidate.saved_model], candidate.digest
            )
            for candidate in candidates
        }


def earlier(directory: str) -> Iterator[tuple[str, Entry]]:
    """Folders of results, and their entries, of other executions of the same node, newest first.

    TFX writes each execution's evaluation to a folder of its own beside those before.

    Args:
        directory: of this execution's evaluation.
    """
    parent, _, own = directory.rstrip("/").rpartition("/")
    if not tf.io.gfile.isdir(parent):
        return
    names = {name.rstrip("/") for name in tf.io.gfile.listdir(parent)} - {own}
    for name in sorted(names, key=lambda n: (len(n), n), reverse=True):
        folder = os.path.join(parent, name)
        if PARTIAL in name or not tf.io.gfile.exists(os.path.join(folder, LEDGER)):
            continue
        try:
            entries = read_ledger(folder)
        except (ValueError, KeyError, TypeError, tf.errors.OpError):
            continue  # Of another version, or damaged: nothing in it can be relied on.
        yield from ((os.path.join(folder, entry.name), entry) for entry in entries if entry.key)


def set_aside(directory: str) -> None:
    """Keeps what an execution that fails has evaluated, beside its folder, for the next one."""
    if tf.io.gfile.exists(os.path.join(directory, LEDGER)):
        averages = os.path.join(directory, AVERAGES)
        if tf.io.gfile.exists(averages):  # Large, and quickly made again.
            tf.io.gfile.rmtree(averages)
        target = f"{directory.rstrip('/')}{_SET_ASIDE}"
        if tf.io.gfile.exists(target):
            tf.io.gfile.rmtree(target)
        move(directory, target)
        tf.io.gfile.makedirs(directory)


def remove_set_aside(directory: str) -> None:
    """Removes what earlier executions have set aside, once one has finished."""
    parent = directory.rstrip("/").rpartition("/")[0]
    for name in tf.io.gfile.listdir(parent) if tf.io.gfile.isdir(parent) else ():
        if name.rstrip("/").endswith(_SET_ASIDE):
            tf.io.gfile.rmtree(os.path.join(parent, name))


def copy_results(source: str, target: str) -> None:
    """Copies a candidate's folder of results."""
    tf.io.gfile.makedirs(target)
    for name in tf.io.gfile.listdir(source):
        if PARTIAL not in name:
            paths = os.path.join(source, name), os.path.join(target, name)
            tf.io.gfile.copy(*paths, overwrite=True)


def _of_saved_model(directory: str) -> str:
    paths = [
        os.path.join(folder, name)
        for folder, _, names in tf.io.gfile.walk(directory)
        for name in names
    ]
    return digests.of_files(paths)
