"""Checkpoints are removed whole, or not at all, whenever the process is killed."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from checkpoint_sweep.model_run import checkpoint_state
from checkpoint_sweep.model_run.checkpoints import Checkpoint, CheckpointError, list_checkpoints
from checkpoint_sweep.model_run.removal import (
    files_of,
    finish_removals,
    leftovers,
    remove_checkpoints,
)

STEPS = (10, 20, 30)
# Of each checkpoint: an index, two shards, and a graph.
_ENDS = (".index", ".data-00000-of-00002", ".data-00001-of-00002", ".meta")


class _Killed(BaseException):
    """In place of the end of the process."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for step in STEPS:
        for end in _ENDS:
            (tmp_path / f"ckpt-{step}{end}").write_bytes(b"x" * step)
    (tmp_path / "ckpt-2.index").mkdir()  # Of the user, though its name is the beginning of others.
    (tmp_path / "notes.txt").touch()
    _write_state(tmp_path, [5, 10, 30, 20])  # Training went back to step 10; 5 is there no more.
    return tmp_path


def _write_state(run: Path, steps: list[int]) -> None:
    names = [f"ckpt-{step}" for step in steps]
    tf.compat.v1.train.update_checkpoint_state(
        str(run), names[-1], names, all_model_checkpoint_timestamps=list(range(len(names)))
    )


def _checkpoints(run: Path, *steps: int) -> list[Checkpoint]:
    return [Checkpoint(step, str(run / f"ckpt-{step}")) for step in steps]


def _remove(run: Path) -> None:
    remove_checkpoints(_checkpoints(run, 10, 20), _checkpoints(run, 30))


def _state(run: Path) -> Any:
    return tf.train.get_checkpoint_state(str(run))


def test_all_files_of_a_checkpoint_go_and_nothing_else(run: Path) -> None:
    _remove(run)
    assert sorted(path.name for path in run.iterdir()) == sorted(
        ["checkpoint", "ckpt-2.index", "notes.txt", *(f"ckpt-30{end}" for end in _ENDS)]
    )


def test_the_list_names_only_what_remains_with_its_times(run: Path) -> None:
    _remove(run)
    assert list(_state(run).all_model_checkpoint_paths) == [str(run / "ckpt-30")]
    assert list(_state(run).all_model_checkpoint_timestamps) == [2]
    assert tf.train.latest_checkpoint(str(run)) == str(run / "ckpt-30")
    assert f"{run}" not in (run / "checkpoint").read_text()  # Relative, as it was.


def test_the_newest_is_the_latest_where_none_that_is_named_remains(run: Path) -> None:
    _write_state(run, [10, 20])
    _remove(run)
    assert list(_state(run).all_model_checkpoint_paths) == [str(run / "ckpt-30")]
    written = (run / "ckpt-30.index").stat().st_mtime
    assert list(_state(run).all_model_checkpoint_timestamps) == [pytest.approx(written, abs=1)]


def test_the_latest_stays_as_it_is_where_it_remains(run: Path) -> None:
    remove_checkpoints(_checkpoints(run, 10), _checkpoints(run, 20, 30))
    assert tf.train.latest_checkpoint(str(run)) == str(run / "ckpt-20")


def test_a_run_without_a_list_gets_none(run: Path) -> None:
    (run / "checkpoint").unlink()
    _remove(run)
    assert not (run / "checkpoint").exists()


def test_nothing_is_removed_where_the_list_is_damaged(run: Path) -> None:
    (run / "checkpoint").write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read as TensorFlow's list"):
        _remove(run)
    assert [c.step for c in list_checkpoints(str(run), r"ckpt-(\d\d)")] == list(STEPS)


@contextlib.contextmanager
def _killed_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends the process in place of a change to the files, the first being number 0."""
    done = 0

    def counted(change: Callable[..., None]) -> Callable[..., None]:
        def wrapper(*arguments: Any, **options: Any) -> None:
            nonlocal done
            done += 1
            if done > number:
                raise _Killed
            change(*arguments, **options)

        return wrapper

    with monkeypatch.context() as patched:
        for name in ("rename", "remove"):
            patched.setattr(tf.io.gfile, name, counted(getattr(tf.io.gfile, name)))
        patched.setattr(checkpoint_state, "write_text", counted(checkpoint_state.write_text))
        yield


@pytest.mark.parametrize("number", range(12))
def test_a_kill_leaves_whole_checkpoints_and_the_next_removal_the_rest(
    number: int, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _killed_at(number, monkeypatch), pytest.raises(_Killed):
        _remove(run)
    remaining = [path.name for path in run.glob("ckpt-??.index")]
    for index in remaining:
        prefix = str(run / index).removesuffix(".index")
        assert {path.removeprefix(prefix) for path in files_of(prefix)} == set(_ENDS)
    assert tf.io.gfile.exists(f"{tf.train.latest_checkpoint(str(run))}.index")
    finish_removals(str(run))
    assert leftovers(str(run)) == []
    assert len(list(run.glob("ckpt-??.*"))) == len(_ENDS) * len(remaining)


def test_data_of_a_step_that_was_written_again_stay(run: Path) -> None:
    (run / "ckpt-20.index").rename(run / ".partial-removed-ckpt-20")
    assert len(leftovers(str(run))) == len(_ENDS)
    (run / "ckpt-20.index").touch()
    finish_removals(str(run))
    assert len(files_of(str(run / "ckpt-20"))) == len(_ENDS)
    assert leftovers(str(run)) == []
