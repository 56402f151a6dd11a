"""Earlier results that may be reused."""

import os
from collections.abc import Iterator

import tensorflow as tf
from absl import logging

from checkpoint_sweep.common import ownership
from checkpoint_sweep.common.files import PARTIAL, move
from checkpoint_sweep.common.json_safe import OTHER_FORM
from checkpoint_sweep.evaluation.results.files import split_folder
from checkpoint_sweep.evaluation.results.ledger import AVERAGES, LEDGER, Entry, read_ledger
from checkpoint_sweep.model_run.averaging import remove_averages

_SET_ASIDE = ".unfinished"


def earlier(directory: str, split: str = "") -> Iterator[tuple[str, Entry]]:
    """Yields folders of results, and their entries, of the node's other executions, newest first.

    TFX writes each execution's evaluation to a folder of its own beside those before.

    Args:
        directory: Directory of this execution's evaluation.
        split: Name of the split to look for; "" for the one that chooses.
    """
    parent, _, own = directory.rstrip("/").rpartition("/")
    if not tf.io.gfile.isdir(parent):
        return
    names = {name.rstrip("/") for name in tf.io.gfile.listdir(parent)} - {own}
    for name in sorted(names, key=lambda n: (len(n), n), reverse=True):
        folder = split_folder(os.path.join(parent, name), split)
        if PARTIAL in name or not tf.io.gfile.exists(os.path.join(folder, LEDGER)):
            continue
        try:
            entries = read_ledger(folder)
        except (*OTHER_FORM, tf.errors.OpError):
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
