"""The checkpoints of a model run, and the range of them to sweep. Importing it must stay cheap."""

import dataclasses
import itertools
import os
import re
from collections.abc import Iterator, Sequence

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import PARTIAL, special_file, walk
from checkpoint_sweep.common.names import labelled
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.model_run.checkpoint_names import (
    AmbiguousNamesError,
    find_steps,
    steps_by_pattern,
)
from checkpoint_sweep.model_run.run_names import file_name

_INDEX = ".index"
# TensorFlow's savers end the folder of a checkpoint that is not complete so.
_BEING_WRITTEN = "_temp"
# The first format of tf.compat.v1.train.Saver: one file without an index.
_FIRST_FORMAT = re.compile(r"-\d+(?:-\d+-of-\d+)?$")
# As Estimators, tf.train.Checkpoint and Keras' optimizers count.
_COUNTER = re.compile(
    r"(?:^|/)(?:global_step|save_counter|step|iter)(?:/\.ATTRIBUTES/VARIABLE_VALUE)?$"
)
_SHARD = re.compile(r"\.data-(\d+)-of-(\d+)$")
_STEP_FROM = Words("step_from", "--step-from")


class CheckpointError(UserError):
    """The checkpoints of a model run cannot be swept; the message says which and why."""


class NoCheckpointError(CheckpointError):
    """There is no checkpoint; the message says what is there instead."""


@dataclasses.dataclass(frozen=True, order=True)
class Checkpoint:
    """One periodic checkpoint.

    Attributes:
        step: Training step, from the file name; the epoch where files are named by epoch.
        prefix: Path of the tensor bundle, as `tf.train.load_checkpoint` takes it.
        run: Name of its run in a sweep of several; None in a sweep of one.
    """

    step: int
    prefix: str
    run: str | None = dataclasses.field(default=None, compare=False)

    @property
    def name(self) -> str:
        """A name that sorts by step, for results and reports."""
        step = f"step-{self.step:08d}"
        return step if self.run is None else f"{file_name(self.run)}-{step}"

    @property
    def label(self) -> str:
        """Name of the checkpoint in sentences."""
        return labelled(f"step {self.step}", self.run)


@dataclasses.dataclass(frozen=True)
class StepRange:
    """A range of steps whose checkpoints to sweep.

    >>> from checkpoint_sweep import StepRange
    >>> [step for step in (0, 200, 400, 600) if step in StepRange(first=1, last=400)]
    [200, 400]

    Attributes:
        first: Smallest step; None for no limit.
        last: Largest step; None for no limit.
        stride: Distance n to take every n-th checkpoint of the range, counted back from its last,
            which is always taken.

    Raises:
        CheckpointError: The stride is below 1, or the range is empty.
    """

    first: int | None = None
    last: int | None = None
    stride: int = 1

    def __post_init__(self) -> None:
        if self.stride < 1:
            raise CheckpointError(
                Words("stride", "--stride"), f" is {self.stride}; it must be at least 1."
            )
        if self.first is not None and self.last is not None and self.first > self.last:
            raise CheckpointError(
                "The step range is empty: ",
                Words("first", "--first-step"),
                f" {self.first} > ",
                Words("last", "--last-step"),
                f" {self.last}.",
            )

    def __contains__(self, step: int) -> bool:
        return (self.first is None or step >= self.first) and (
            self.last is None or step <= self.last
        )

    def select(self, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
        """Selects the checkpoints of the range, by step.

        Raises:
            CheckpointError: None is in the range.
        """
        chosen = [c for c in sorted(checkpoints) if c.step in self]
        if not chosen:
            low = self.first or 0
            steps = [c.step for c in sorted(checkpoints)]
            high = "the end" if self.last is None else self.last
            raise CheckpointError(
                f"No checkpoint has a step from {low} to {high}; there are {len(steps)}, "
                f"from step {steps[0]} to {steps[-1]}. Widen the step range."
            )
        return chosen[:: -self.stride][::-1]


def find_checkpoints(directory: str, step_from: str | None = None) -> list[Checkpoint]:
    """Finds all checkpoints of a model run, by step.

    Args:
        directory: Directory of the model run. Folders below it count if it has no checkpoint.
        step_from: Regular expression that finds the step in the name of a checkpoint; None to
            tell it from the names.

    Raises:
        NoCheckpointError: There are none.
        CheckpointError: They lie in several folders, two are of one step, or data of one is
            missing.
    """
    checkpoints = list_checkpoints(directory, step_from)
    for checkpoint in checkpoints:
        check_data_files(checkpoint)
    return checkpoints


def list_checkpoints(directory: str, step_from: str | None = None) -> list[Checkpoint]:
    """Lists all checkpoints, with those whose data is not complete: being written or deleted.

    Args:
        directory: Directory of the model run, as for `find_checkpoints`.
        step_from: Regular expression that finds the step, or None.

    Raises:
        NoCheckpointError: There are none.
        CheckpointError: They lie in several folders, or two are of one step.
    """
    found: dict[str, list[Checkpoint]] = {}
    others: list[str] = []
    for folder, _, files in walk(directory):
        folder = folder.rstrip("/")
        if _is_leftover(os.path.relpath(folder, directory)):
            continue
        checkpoints = _of_folder(folder, files, step_from)
        if checkpoints:
            found[folder] = checkpoints
            if folder == directory.rstrip("/"):
                break
        others += [os.path.join(folder, file) for file in files]
    if not found:
        raise NoCheckpointError(*_why_none(directory, others))
    if len(found) > 1:
        raise CheckpointError(
            f"There are checkpoints in {len(found)} folders: {', '.join(sorted(found))}. ",
            Words(
                "Name the folder of one run.",
                "Name the folder of one run.",
                "Leave one of them in the model run.",
            ),
        )
    checkpoints = sorted(*found.values())
    for before, after in itertools.pairwise(checkpoints):
        if before.step == after.step:
            raise CheckpointError(
                f"Two checkpoints have step {after.step}: {before.prefix} and {after.prefix}. "
                "Keep one series of checkpoints in the folder."
            )
    return checkpoints


def _of_folder(folder: str, files: Sequence[str], step_from: str | None) -> list[Checkpoint]:
    """Lists the checkpoints of a folder."""
    names = sorted(file.removesuffix(_INDEX) for file in files if file.endswith(_INDEX))

    def written() -> dict[str, float]:
        import tensorflow as tf

        paths = {name: os.path.join(folder, name + _INDEX) for name in names}
        return {name: tf.io.gfile.stat(path).mtime_nsec for name, path in paths.items()}

    try:
        if step_from is not None:
            steps = steps_by_pattern(names, step_from)
        else:
            steps = find_steps(names, written, lambda name: _counts(os.path.join(folder, name)))
    except AmbiguousNamesError as error:
        if step_from is not None:
            raise CheckpointError(_STEP_FROM, f": {error}. Correct it.") from error
        raise CheckpointError(
            f"There are {error}, in {folder}. Tell where the step is in a name, by a regular "
            "expression such as ",
            _STEP_FROM,
            "='ckpt-(\\d+)'; other names are ignored.",
        ) from error
    return [Checkpoint(step, os.path.join(folder, name)) for name, step in steps.items()]


def _counts(prefix: str) -> set[int]:
    """Reads what a checkpoint counts; nothing of one that cannot be read."""
    from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle, UnreadableError

    try:
        bundle = TensorBundle(prefix)
        found = [key for key in bundle.shapes if _COUNTER.search(key) and not bundle.shapes[key]]
        return {int(bundle.read_once(key)) for key in found}
    except (UnreadableError, TypeError, ValueError):
        return set()


def _is_leftover(folder: str) -> bool:
    """Tells whether a folder was being written when its writer was killed."""
    return any(part.endswith(_BEING_WRITTEN) or PARTIAL in part for part in folder.split(os.sep))


def _why_none(directory: str, others: Sequence[str]) -> Iterator[str | Words]:
    """Says what a directory has in place of checkpoints, and what to do."""
    others = sorted(others)
    keras = [path for path in others if path.endswith((".h5", ".hdf5", ".keras"))]
    saved = [path for path in others if os.path.basename(path) == "saved_model.pb"]
    exports = tuple(os.path.dirname(path) + "/" for path in saved)
    unnumbered = [p for p in others if p.endswith(".index") and not p.startswith(exports)]
    use = (
        "Write checkpoints with tf.train.CheckpointManager, or, in Keras 2, with "
        'ModelCheckpoint(folder + "/ckpt-{epoch}", save_weights_only=True)'
    )
    if unnumbered:
        yield (
            f"The name of the checkpoint {unnumbered[0]} does not end in a step or an epoch, as "
            f"ckpt-1000.index does. {use}, or tell where the step is in a name by "
        )
        yield _STEP_FROM
        yield "."
    elif old := [path for path in others if _FIRST_FORMAT.search(path)]:
        yield (
            f"{old[0]} is a checkpoint in the first format of tf.compat.v1.train.Saver (V1), which "
            "has no index. Save with write_version=tf.compat.v1.train.SaverDef.V2, the default."
        )
    elif keras:
        yield (
            f"{keras[0]} is a Keras file, not a TensorFlow checkpoint. {use}. Weights that you "
            "have become a checkpoint by model.load_weights(file) and then "
            'tf.train.Checkpoint(model=model).write(folder + "/ckpt-1").'
        )
    elif saved:
        yield f"{os.path.dirname(saved[0])} is a SavedModel, not a checkpoint. {use}."
    else:
        yield f"There is no checkpoint (a file such as model.ckpt-1000.index) in {directory}. "
        yield Words(
            "Name the folder that training writes its checkpoints to.",
            "Name the folder that training writes its checkpoints to.",
            "Let the Trainer write its checkpoints to fn_args.model_run_dir.",
        )


def check_data_files(checkpoint: Checkpoint) -> None:
    """Checks that a checkpoint is complete.

    Raises:
        CheckpointError: A data file of it is missing, or no regular file.
    """
    from checkpoint_sweep.saved_model.tensor_bundle import bundle_files

    files = bundle_files(checkpoint.prefix)
    if path := special_file(files):
        raise CheckpointError(
            f"{path} is not a regular file, and reading it may never end. Remove it."
        )
    shards = [_SHARD.search(file) for file in files]
    numbers = {int(s.group(1)): int(s.group(2)) for s in shards if s}
    total = max(numbers.values(), default=1)
    missing = next((n for n in range(total) if n not in numbers), None)
    if missing is not None:
        raise CheckpointError(
            f"The checkpoint of step {checkpoint.step} is incomplete: "
            f"{checkpoint.prefix}.data-{missing:05d}-of-{total:05d} is missing. Restore the "
            "file, or remove the checkpoint's .index file to skip the checkpoint."
        )
