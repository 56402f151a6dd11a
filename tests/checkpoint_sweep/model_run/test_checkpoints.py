import os
from pathlib import Path

import pytest

from checkpoint_sweep.model_run.checkpoints import (
    Checkpoint,
    CheckpointError,
    StepRange,
    find_checkpoints,
)
from checkpoint_sweep.model_run.deleted_checkpoints import deletion_warning


def _write(directory: Path, *steps: int, shards: int = 1) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for step in steps:
        (directory / f"model.ckpt-{step}.index").touch()
        for shard in range(shards):
            (directory / f"model.ckpt-{step}.data-{shard:05d}-of-{shards:05d}").touch()


def _checkpoints(*steps: int) -> list[Checkpoint]:
    return [Checkpoint(step, f"run/model.ckpt-{step}") for step in steps]


def test_checkpoints_are_ordered_by_step_not_by_name(tmp_path: Path) -> None:
    _write(tmp_path, 1000, 200, 30)
    assert [c.step for c in find_checkpoints(str(tmp_path))] == [30, 200, 1000]


def test_checkpoints_in_a_folder_below_are_found(tmp_path: Path) -> None:
    _write(tmp_path / "chief" / "checkpoints", 5)
    (found,) = find_checkpoints(str(tmp_path))
    assert found.prefix == str(tmp_path / "chief" / "checkpoints" / "model.ckpt-5")


def test_an_exports_variables_are_no_checkpoint(tmp_path: Path) -> None:
    _write(tmp_path, 5)
    (tmp_path / "export" / "variables").mkdir(parents=True)
    (tmp_path / "export" / "variables" / "variables.index").touch()
    assert [c.step for c in find_checkpoints(str(tmp_path))] == [5]


def test_a_folder_without_checkpoints_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=f"no checkpoint .* in {tmp_path}"):
        find_checkpoints(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("model.ckpt-1000", 1000),
        ("ckpt-7", 7),
        ("cp-0012.ckpt", 12),
        ("cp_0012", 12),
        ("weights.12", 12),
        ("0012", 12),
        ("weights.12-0.53", 12),
        ("Epoch_0012_model", 12),
        ("model1999.ckpt-2000", 2000),
    ],
)
def test_steps_and_epochs_are_read_from_names(tmp_path: Path, name: str, step: int) -> None:
    for suffix in ("index", "data-00000-of-00001"):
        (tmp_path / f"{name}.{suffix}").touch()
    (tmp_path / "best.index").touch()
    assert [c.step for c in find_checkpoints(str(tmp_path))] == [step]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["latest.index"], "latest.index does not end in a step or an epoch"),
        (["weights-0.53.index"], "weights-0.53.index does not end in a step or an epoch"),
        (
            ["cp-0001.h5", "cp-0002.h5"],
            "cp-0001.h5 is a Keras file, not a TensorFlow checkpoint",
        ),
        (["model.keras"], "model.keras is a Keras file"),
        (
            ["cp-1/saved_model.pb", "cp-1/variables/variables.index"],
            "cp-1 is a SavedModel, not a checkpoint",
        ),
    ],
)
def test_other_files_are_told_apart_from_checkpoints(
    tmp_path: Path, files: list[str], message: str
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(CheckpointError, match=rf"{message}.*ckpt-\{{epoch\}}.*save_weights_only"):
        find_checkpoints(str(tmp_path))


def test_two_checkpoints_of_one_step_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    (tmp_path / "model.ckpt-01.index").touch()
    with pytest.raises(CheckpointError, match=r"have step 1: .*ckpt-01 and .*model.ckpt-1\. Keep"):
        find_checkpoints(str(tmp_path))


def test_two_series_in_one_folder_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    (tmp_path / "other-30.index").touch()
    with pytest.raises(
        CheckpointError, match=r"2 series .*: model.ckpt-\*, other-\*, in .*step_from"
    ):
        find_checkpoints(str(tmp_path))
    assert [c.step for c in find_checkpoints(str(tmp_path), r"model\.ckpt-(\d+)")] == [1]


def test_the_named_folder_counts_and_those_below_only_without_one(tmp_path: Path) -> None:
    _write(tmp_path, 1, 2)
    _write(tmp_path / "best", 2)
    found = find_checkpoints(str(tmp_path))
    assert [os.path.dirname(checkpoint.prefix) for checkpoint in found] == [str(tmp_path)] * 2


@pytest.mark.parametrize("pattern", ["(", "model", "ckpt-(.*)x"])
def test_a_pattern_that_finds_no_step_is_refused(pattern: str, tmp_path: Path) -> None:
    _write(tmp_path, 1)
    with pytest.raises(CheckpointError):
        find_checkpoints(str(tmp_path), pattern)


@pytest.mark.parametrize("leftover", ["model.ckpt-80_temp", "step-3.partial-0a1b"])
def test_what_a_killed_writer_left_behind_is_ignored(leftover: str, tmp_path: Path) -> None:
    _write(tmp_path, 1)
    (tmp_path / leftover).mkdir()
    (tmp_path / leftover / "part-00000-of-00001.index").touch()
    (tmp_path / leftover / "model.ckpt-80.index").touch()
    assert [checkpoint.step for checkpoint in find_checkpoints(str(tmp_path))] == [1]


def test_the_first_format_of_the_saver_is_named(tmp_path: Path) -> None:
    for name in ("model.ckpt-80", "model.ckpt-80.meta", "checkpoint"):
        (tmp_path / name).touch()
    with pytest.raises(CheckpointError, match=r"model.ckpt-80 is a checkpoint in the first format"):
        find_checkpoints(str(tmp_path))


def test_a_pipe_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    (tmp_path / "model.ckpt-1.data-00000-of-00001").unlink()
    os.mkfifo(tmp_path / "model.ckpt-1.data-00000-of-00001")
    with pytest.raises(CheckpointError, match="is not a regular file"):
        find_checkpoints(str(tmp_path))


@pytest.mark.parametrize("name", ["run[1]", "r*n", "r?n", "a\nb", "\x1b[31m", "a\\\\b"], ids=ascii)
def test_the_name_of_a_folder_is_no_pattern(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for file in ("model.ckpt-7.index", "model.ckpt-7.data-00000-of-00001"):
        (folder / file).touch()
    assert [c.step for c in find_checkpoints(str(folder))] == [7]


def test_a_name_that_claims_any_number_of_data_files_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "model.ckpt-7.index").touch()
    (tmp_path / "model.ckpt-7.data-00000-of-99999999999").touch()
    with pytest.raises(CheckpointError, match="data-00001-of-99999999999 is missing"):
        find_checkpoints(str(tmp_path))


def test_folders_of_two_runs_are_both_named(tmp_path: Path) -> None:
    _write(tmp_path / "a", 1)
    _write(tmp_path / "b", 1)
    with pytest.raises(CheckpointError, match=r"2 folders.*/a, .*/b"):
        find_checkpoints(str(tmp_path))


@pytest.mark.parametrize("shard", [0, 1, 2])
def test_a_missing_data_file_is_named(tmp_path: Path, shard: int) -> None:
    _write(tmp_path, 10, 20, shards=3)
    lost = tmp_path / f"model.ckpt-20.data-{shard:05d}-of-00003"
    lost.unlink()
    with pytest.raises(CheckpointError, match=f"step 20 is incomplete: {lost} is missing"):
        find_checkpoints(str(tmp_path))


def test_a_checkpoint_without_any_data_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.ckpt-7.index").touch()
    with pytest.raises(CheckpointError, match=r"model\.ckpt-7\.data-00000-of-00001 is missing"):
        find_checkpoints(str(tmp_path))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (StepRange(), [0, 10, 20, 30, 40]),
        (StepRange(first=1), [10, 20, 30, 40]),
        (StepRange(last=20), [0, 10, 20]),
        (StepRange(first=10, last=30), [10, 20, 30]),
        (StepRange(stride=2), [0, 20, 40]),
        (StepRange(stride=3), [10, 40]),
        (StepRange(first=1, stride=2), [20, 40]),
        (StepRange(stride=99), [40]),
    ],
)
def test_a_step_range_selects_by_limits_and_stride(steps: StepRange, expected: list[int]) -> None:
    assert [c.step for c in steps.select(_checkpoints(40, 30, 20, 10, 0))] == expected


def test_a_range_without_checkpoints_says_what_there_is() -> None:
    with pytest.raises(
        CheckpointError, match="from 50 to the end; there are 2, from step 10 to 20"
    ):
        StepRange(first=50).select(_checkpoints(10, 20))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"stride": 0}, "stride is 0"), ({"first": 5, "last": 4}, "first 5 > last 4")],
)
def test_an_impossible_range_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StepRange(**arguments)


@pytest.mark.parametrize(
    ("steps", "warns"),
    [((0, 10, 20), False), ((10, 20, 30), False), ((80, 90, 100), True), ((100,), False)],
)
def test_deleted_early_checkpoints_are_warned_of(steps: tuple, warns: bool) -> None:
    warning = deletion_warning(_checkpoints(*steps))
    assert (warning is not None) is warns


def test_names_of_checkpoints_sort_by_step() -> None:
    names = [c.name for c in _checkpoints(9, 10, 200)]
    assert names == sorted(names)
