"""What the machine refuses has the message that docs/errors.md states for it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf

from checkpoint_sweep.common.error_messages import find_foreseen, find_refusal
from checkpoint_sweep.common.wording import Interface
from checkpoint_sweep.sweeping import folder as folders
from pipeline.config import check_folder
from tests.support.errors_document import documented, pattern

SECTION = "What the machine refuses"


def _raising(error: Exception) -> Callable[[Path], None]:
    def call(folder: Path) -> None:
        raise error

    return call


def _claim(folder: Path) -> None:
    (folder / "2023").mkdir()
    folders.claim(str(folder))


def _claim_below_a_file(folder: Path) -> None:
    (folder / "file").touch()
    folders.claim(str(folder / "file/out"))


RAISED: dict[str, Callable[[Path], object]] = {
    "a disk is full, or a quota or a limit of a file's size is reached": _raising(
        tf.errors.ResourceExhaustedError(None, None, "/x; No space left on device")
    ),
    "a permission is missing, or a file system is read-only": _raising(
        OSError(30, "Read-only file system", "/out/x")
    ),
    "a path is of a file system that TensorFlow lacks": lambda folder: tf.io.gfile.exists(
        "s3x://b/r"
    ),
    "a remote file's server does not answer": _raising(
        tf.errors.AbortedError(None, None, "Error executing an HTTP request: libcurl code 6 mean")
    ),
    "a name or a slice's value is not UTF-8": lambda folder: b"ckpt-\xff".decode(),
    "a run, model or output has `[` or a backslash in its path": lambda folder: folders.check_names(
        [f"{folder}/a[b]"]
    ),
    "the pipeline's root or data have `*`, `?`, `[` or a backslash": lambda folder: check_folder(
        folder / "a[b]", "--root"
    ),
    "the output is remote": lambda folder: folders.of_run("run", "s3://bucket/out"),
    "the output is inside of a model or run": lambda folder: folders.check_apart(
        str(folder / "out"), [str(folder)]
    ),
    "the output has something else in it": _claim,
    "the output cannot be written": _claim_below_a_file,
}


def _error(call: Callable[[Path], object], folder: Path) -> Exception:
    try:
        call(folder)
    except Exception as error:
        return error
    raise AssertionError("nothing was refused")


def test_the_documented_table_has_every_refusal_and_no_other() -> None:
    assert set(documented(SECTION)) == set(RAISED)


@pytest.mark.parametrize("when", RAISED)
def test_what_the_machine_refuses_has_the_documented_message(when: str, tmp_path: Path) -> None:
    error = _error(RAISED[when], tmp_path)
    said = find_refusal(error)
    if said is None:
        foreseen = find_foreseen(error)
        assert foreseen is not None
        said = foreseen.told_in(Interface.COMMAND_LINE)
    assert re.fullmatch(pattern(documented(SECTION)[when]), said), said
