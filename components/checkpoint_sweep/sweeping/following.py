"""A run that goes on: its checkpoints are held as they appear, and swept when some are new."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow_model_analysis as tfma

from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.saved_model import signatures
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.held import hold
from checkpoint_sweep.sweeping.sweep import SweepResult, sweep

_HELD = "held"
# Seconds. A trainer that saves often and keeps few deletes a checkpoint soon.
_OFTEN = 0.2


class Following:
    """The checkpoints of one run, all that were ever seen.

    Args:
        run: local directory of the checkpoints; it need not be there yet.
        model: directory of a SavedModel that was exported from one of them; it need not be there
            yet, but nothing is evaluated before.
        examples: see `sweep`.
        config: see `sweep`.
        select: see `sweep`.
        output: see `sweep`.
        every: seconds that `rest` takes.
        **options: see `sweep`.

    Attributes:
        output: the directory of the results, absolute.
        result: the last one; None before the first.
        pending: whether checkpoints wait for being evaluated.
    """

    def __init__(
        self,
        run: str,
        model: str,
        examples: str | Sequence[str],
        config: str | tfma.EvalConfig,
        select: str | Selection,
        *,
        output: str | None = None,
        every: float = 5.0,
        **options: Any,
    ) -> None:
        self.output = folders.of_run(run, output)
        self.result: SweepResult | None = None
        self._run = run
        self._model = model
        self._given = (examples, config, select)
        self._every = every
        self._options = options
        self._held = os.path.join(self.output, _HELD)
        self.pending = os.path.isdir(self._held)

    def look(self) -> SweepResult | None:
        """Holds what is new, and evaluates what waits; None if there was nothing to evaluate.

        While checkpoints are evaluated, those that appear are held too: a trainer that keeps few
        may delete them before the evaluation has ended.

        Raises:
            UserError: something does not fit. What waited still does.
        """
        self.pending = bool(hold(self._run, self._held)) or self.pending
        if not self.pending or not signatures.exists(self._model):
            return None
        with self._holding():
            self.result = sweep(
                self._held, self._model, *self._given, output=self.output, **self._options
            )
        return self.result

    def rest(self) -> None:
        """Waits for the next look; what appears meanwhile is held.

        Raises:
            CheckpointError: what is in the run is not one series of checkpoints.
        """
        end = time.monotonic() + self._every
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _OFTEN))
            self.pending = bool(hold(self._run, self._held)) or self.pending

    @contextlib.contextmanager
    def _holding(self) -> Iterator[None]:
        """Holds what appears; afterwards `pending` says whether something has."""
        appeared, ended = threading.Event(), threading.Event()

        def go_on() -> None:
            while not ended.wait(min(self._every, _OFTEN)):
                with contextlib.suppress(CheckpointError):  # The next look says so.
                    if hold(self._run, self._held):
                        appeared.set()

        thread = threading.Thread(target=go_on, name="hold", daemon=True)
        thread.start()
        try:
            yield
            self.pending = False
        finally:
            ended.set()
            thread.join()
            self.pending = self.pending or appeared.is_set()
