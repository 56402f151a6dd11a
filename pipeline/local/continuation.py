"""Finds the checkpoints of a training that was interrupted, and takes them over."""

import contextlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from ml_metadata import proto

from pipeline.reporting.store import Store, properties, state

# Estimator writes model.ckpt-100.index, .meta and .data-00000-of-00001, in this or another order.
_CHECKPOINT = re.compile(r"^(?P<prefix>.*-(?P<step>\d+))\.(index|meta|data-\d+-of-\d+)$")
_EVENTS = "events.out.tfevents."


def reuse_checkpoints(store: Store, execution_id: int, model_run: Path) -> int | None:
    """Fills a model run with the checkpoints of an earlier one that was interrupted.

    Args:
        store: Metadata store.
        execution_id: Id of the execution that is about to train.
        model_run: Folder of its model run, of the name `execution_id` beside those of earlier
            executions.

    Returns:
        The step that training can go on from; None when there is nothing to take over.
    """
    found = []
    for earlier in interrupted_executions(store, execution_id):
        folder = model_run.parent / str(earlier)
        step = last_step(folder)
        if step is not None:
            found.append((step, earlier, folder))
    if not found:
        return None
    step, _, folder = max(found)
    _copy_checkpoints(folder, model_run, step)
    return step


def interrupted_executions(store: Store, execution_id: int) -> list[int]:
    """Finds a node's earlier executions with the same parameters and inputs that have not ended."""
    (this,) = store.mlmd.get_executions_by_id([execution_id])
    wanted = _identity(store, this)
    earlier = store.mlmd.get_executions_by_context(store.node_context(this).id)
    return sorted(
        e.id
        for e in earlier
        if e.id < this.id
        and state(e) not in ("complete", "cached")
        and _identity(store, e) == wanted
    )


def last_step(model_run: Path) -> int | None:
    """Finds the step that Estimator could continue from in this folder.

    None where there is no whole checkpoint, or where not Estimator has written them: of other
    trainers nobody knows whether they continue.
    """
    if not model_run.is_dir() or not any(model_run.glob("*.meta")):
        return None
    known = tf.train.get_checkpoint_state(str(model_run))
    latest = _CHECKPOINT.match(f"{known.model_checkpoint_path}.index") if known else None
    if latest is None:
        return None
    # What was written after the one that Estimator knows of may be half a checkpoint; and that one
    # is written anew when training continues from it, so it may be half of one too.
    matches = (_CHECKPOINT.match(str(file)) for file in model_run.glob("*.index"))
    found = {int(match["step"]): match["prefix"] for match in matches if match}
    steps = [step for step in found if step <= int(latest["step"])]
    return next((s for s in sorted(steps, reverse=True) if _is_readable(found[s])), None)


def _is_readable(prefix: str) -> bool:
    try:
        tf.train.load_checkpoint(prefix).get_tensor(tf.compat.v1.GraphKeys.GLOBAL_STEP)
    except (tf.errors.OpError, RuntimeError, ValueError, IndexError):
        return False
    return True


def _identity(store: Store, execution: proto.Execution) -> tuple[Mapping[str, Any], dict[str, int]]:
    """Describes what two executions have in common that would do the same."""
    given = {k: v for k, v in properties(execution).items() if not k.startswith("__")}
    inputs = {key: artifact.id for key, artifact in store.inputs(execution).items()}
    return given, inputs


def _copy_checkpoints(source: Path, target: Path, last: int) -> None:
    """Gives `target` the checkpoints of `source` up to the step `last`."""
    target.mkdir(parents=True, exist_ok=True)
    prefixes = {}
    for file in sorted(source.iterdir()):
        match = _CHECKPOINT.match(file.name)
        if match and int(match["step"]) <= last:
            prefixes[int(match["step"])] = match["prefix"]
        elif not file.name.startswith(_EVENTS):
            continue
        if file.is_file():
            _link_or_copy(file, target / file.name)
    # Last: it is what Estimator looks for.
    tf.compat.v1.train.update_checkpoint_state(
        str(target), prefixes[last], [prefixes[step] for step in sorted(prefixes)]
    )


def _link_or_copy(source: Path, target: Path) -> None:
    """Links a file of weights, where the file system can; copies any other.

    TensorFlow replaces weights by a new file, and writes others over what is there.
    """
    if ".data-" in source.name:
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)
