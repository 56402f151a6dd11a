"""Pins the checkpoints of a run that goes on, and evaluates them when some are new."""

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Iterator

import tensorflow as tf

from checkpoint_sweep.common.digests import files_of_folder
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.file_states import FileStates
from checkpoint_sweep.model_run.checkpoints import (
    Checkpoint,
    CheckpointError,
    NoCheckpointError,
    list_checkpoints,
)
from checkpoint_sweep.model_run.exported_model import ExportedModelError
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.timestamped_exports import find_export
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.options import SweepOptions
from checkpoint_sweep.sweeping.pinned import pin
from checkpoint_sweep.sweeping.several_runs import RUN_FOLDER, check_single
from checkpoint_sweep.sweeping.sweep import sweep

_PINNED = "pinned"
# Seconds. A trainer that saves often and keeps few deletes a checkpoint soon.
_LONGEST_SLEEP = 0.2


class RunWatcher:
    """Pins and evaluates the checkpoints of one run, all that were ever seen.

    Args:
        run: Local directory of the checkpoints; it need not be there yet.
        model: Directory of a SavedModel that was exported from one of them; it need not be there
            yet, but nothing is evaluated before.
        options: Options of each sweep.
        every: Seconds that `wait` takes.

    Attributes:
        output: Absolute directory of the results.
        result: Result of the last sweep; None before the first.
        pending: Whether checkpoints wait for being evaluated.
    """

    def __init__(self, run: str, model: str, options: SweepOptions, every: float = 5.0) -> None:
        run, model = check_single(run, "watch"), check_single(model, "watch")
        self.output = folders.of_run(run, options.output)
        folders.check_names([run, model, options.baseline, options.eval_model, self.output])
        self.result: SweepResult | None = None
        self._run = run
        self._model = model.replace(RUN_FOLDER, run)
        self._used: str | None = None
        self._options = dataclasses.replace(options, output=self.output)
        self._every = every
        self._pinned = os.path.join(self.output, _PINNED)
        self._pins = 0
        self._unfit: tuple[tuple[int, FileStates], ExportedModelError] | None = None
        self.pending = os.path.isdir(self._pinned)

    def poll(self) -> SweepResult | None:
        """Pins what is new, and evaluates what waits; None if there was nothing to evaluate.

        While checkpoints are evaluated, those that appear are pinned too: a trainer that keeps few
        may delete them before the evaluation has ended.

        Raises:
            ExportedModelError: The SavedModel is of no checkpoint that was seen. It is tried again
                when there are new checkpoints, or it was written again.
            UserError: Something else does not fit. What waited still does.
        """
        self.pending = self._pin() or (self.pending and self._has_some_in_range())
        if not self.pending:
            return None
        model = self._used or find_export(self._model)
        if not SavedModel(model).exists():
            return None
        tried = self._pins, FileStates.of(files_of_folder(self._model))
        if self._unfit is not None and self._unfit[0] == tried:
            raise self._unfit[1]
        try:
            with self._pinning():
                self.result = sweep(self._pinned, model, self._options)
        except ExportedModelError as error:
            self._unfit = tried, error
            raise
        self._used = model  # A newer export would be another model to evaluate all with.
        return self.result

    def wait(self) -> None:
        """Waits until it is time for the next `poll`; what appears meanwhile is pinned.

        Raises:
            CheckpointError: The files in the run are not one series of checkpoints.
        """
        end = time.monotonic() + self._every
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LONGEST_SLEEP))
            self.pending = self._pin() or self.pending

    def last_result(self) -> SweepResult:
        """Returns the result of the last sweep.

        Raises:
            CheckpointError: There is none: no checkpoint has appeared, or none of the step range.
        """
        if self.result is None:
            with contextlib.suppress(NoCheckpointError):
                self._options.steps.select(self._list())
            raise CheckpointError(f"No checkpoint has appeared in {self._run}. Watch for longer.")
        return self.result

    def _pin(self) -> bool:
        """Pins what is new; whether some of it is to be evaluated."""
        folders.claim(self.output)
        new = pin(self._run, self._pinned, self._options.step_from)
        self._pins += len(new)
        return any(step in self._options.steps for step in new)

    def _list(self) -> list[Checkpoint]:
        return list_checkpoints(self._pinned, self._options.step_from)

    def _has_some_in_range(self) -> bool:
        try:
            pinned = self._list()
        except NoCheckpointError:
            return False
        return any(checkpoint.step in self._options.steps for checkpoint in pinned)

    @contextlib.contextmanager
    def _pinning(self) -> Iterator[None]:
        """Pins what appears; afterwards `pending` says whether something has."""
        appeared, ended = threading.Event(), threading.Event()

        def go_on() -> None:
            while not ended.wait(min(self._every, _LONGEST_SLEEP)):
                # The next poll says so.
                with contextlib.suppress(UserError, OSError, tf.errors.OpError):
                    if self._pin():
                        appeared.set()

        thread = threading.Thread(target=go_on, name="pin", daemon=True)
        thread.start()
        try:
            yield
            self.pending = False
        finally:
            ended.set()
            thread.join()
            self.pending = self.pending or appeared.is_set()
