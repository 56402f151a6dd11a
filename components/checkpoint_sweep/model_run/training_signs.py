"""Signs that a training goes on: what can be known of it from the files of its run."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

# TensorFlow's savers: the folder of shards, and the files of a bundle, that are being written.
_BEING_WRITTEN = ("_temp", "_temp/")
_TEMPORARY = ".tempstate"
_PROCESSES = Path("/proc")
_ACCESS_MODE = 0o3


def being_written_reason(folder: str) -> str | None:
    """Says why a folder of checkpoints seems to be written to; None without a sign of it.

    A training on another machine that is between two checkpoints gives no sign.

    Args:
        folder: Folder that holds checkpoints.
    """
    for name in sorted(tf.io.gfile.listdir(folder)):
        if name.endswith(_BEING_WRITTEN) or _TEMPORARY in name:
            return (
                f"{os.path.join(folder, name)} is part of a checkpoint that is being written. Wait "
                "until training has ended, or remove it if training was killed"
            )
    if "://" not in folder:
        for process, path in _written(os.path.realpath(folder)):
            return (
                f"process {process} writes to {path}: training seems to go on. Wait until it has "
                "ended"
            )
    return None


def _written(folder: str) -> Iterator[tuple[int, str]]:
    """Lists the files of a folder that other processes have open for writing, where Linux tells.

    Those of other users are not seen. This process is left aside: an Estimator's writers of events
    stay open after training has ended.
    """
    for process in _PROCESSES.glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):  # It has ended, or is another user's.
            for link in list((process / "fd").iterdir()):
                with contextlib.suppress(OSError):  # It was closed.
                    path = os.readlink(link)
                    if os.path.dirname(path) == folder and _is_for_writing(process, link.name):
                        yield int(process.name), path


def _is_for_writing(process: Path, number: str) -> bool:
    lines = (process / "fdinfo" / number).read_text().splitlines()
    flags = next((line.split()[1] for line in lines if line.startswith("flags:")), "0")
    return int(flags, 8) & _ACCESS_MODE != os.O_RDONLY
