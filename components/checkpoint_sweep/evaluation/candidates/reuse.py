"""The fingerprint of an evaluation, and earlier results that may be reused."""

import dataclasses
import os
from collections.abc import Iterator, Sequence

import tensorflow as tf
import tensorflow_model_analysis as tfma
from absl import logging

from checkpoint_sweep.common import digests, ownership
from checkpoint_sweep.common.eval_config import metric_code
from checkpoint_sweep.common.files import PARTIAL, move
from checkpoint_sweep.evaluation.inputs.files import data_files
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.evaluation.results.ledger import AVERAGES, LEDGER, Entry, read_ledger
from checkpoint_sweep.model_run.averaging import remove_averages
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.version import __version__

_SET_ASIDE = ".unfinished"


@dataclasses.dataclass(frozen=True)
class EvaluationFingerprint:
    """A fingerprint of all that decides on results beside a checkpoint's weights.

    Attributes:
        digest: Digest of evaluation config, tracked metrics, code of the metrics that the config
            names, examples, baseline, engine, and the versions of this library and of TFMA.
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
        tracked_metrics: UncertaintySpec | None = None,
    ) -> "EvaluationFingerprint":
        """Digests all that is read.

        Args:
            eval_config: Config of the evaluation, with its defaults filled in.
            examples: Patterns of the files of examples.
            schema: Schema of the examples, serialized; empty without one.
            baseline: Model to compare with; None for none.
            engine: Name of the engine.
            tracked_metrics: Metrics whose uncertainty is estimated; None for none.
        """
        files = [path for pattern in examples for path in data_files(pattern)]
        return cls(
            digests.of_parts(
                __version__,
                tfma.__version__,
                engine,
                eval_config.SerializeToString(deterministic=True),
                metric_code(eval_config),
                digests.of_files(files),
                schema,
                _of_saved_model(baseline.saved_model.directory) if baseline else "",
                tracked_metrics.digest if tracked_metrics else "",
            )
        )

    def keys(self, candidates: Sequence[ModelSource]) -> dict[str, str]:
        """Computes the keys of the evaluations of candidates, by name."""
        graphs = {
            saved_model: saved_model.fingerprint
            for saved_model in {candidate.saved_model for candidate in candidates}
        }
        return {
            candidate.name: digests.of_parts(
                self.digest, graphs[candidate.saved_model], candidate.digest
            )
            for candidate in candidates
        }


def earlier(directory: str) -> Iterator[tuple[str, Entry]]:
    """Yields folders of results, and their entries, of the node's other executions, newest first.

    TFX writes each execution's evaluation to a folder of its own beside those before.

    Args:
        directory: Directory of this execution's evaluation.
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
        remove_averages(os.path.join(directory, AVERAGES))
        target = f"{directory.rstrip('/')}{_SET_ASIDE}"
        if not ownership.remove(target, _mark(target)):
            logging.warning("%s was not made by a sweep: what was evaluated is not kept.", target)
            return
        ownership.mark(directory, _mark(target))
        move(directory, target)
        tf.io.gfile.makedirs(directory)


def remove_set_aside(directory: str) -> None:
    """Removes what earlier executions have set aside, once one has finished."""
    parent = directory.rstrip("/").rpartition("/")[0]
    for name in tf.io.gfile.listdir(parent) if tf.io.gfile.isdir(parent) else ():
        if name.rstrip("/").endswith(_SET_ASIDE):
            folder = os.path.join(parent, name.rstrip("/"))
            ownership.remove(folder, _mark(folder))


def _mark(folder: str) -> str:
    return f"results set aside as {os.path.basename(folder)}"


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
