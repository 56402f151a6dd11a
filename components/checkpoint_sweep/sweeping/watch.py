"""Watches a training run: each new checkpoint is evaluated as it appears."""

import dataclasses
import os
import time
from collections.abc import Callable

from absl import logging

from checkpoint_sweep.common import progress
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.candidates.fingerprint import ChangedError
from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.model_run.exported_model import ExportedModelError
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.selection.earliest_eligible import is_settled
from checkpoint_sweep.selection.patience import check_patience
from checkpoint_sweep.selection.policies import SelectionPolicy
from checkpoint_sweep.selection.verdict import without_improvement
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.options import SweepOptions
from checkpoint_sweep.sweeping.run_watcher import RunWatcher
from checkpoint_sweep.sweeping.stopping import NOT_IMPROVED, PASSED, STOP, request_stop


class WatchError(UserError):
    """Watching could not end as it is asked to; the message says why."""


@dataclasses.dataclass(frozen=True)
class Until:
    """The end of watching: whatever comes first; without any of these, never.

    With the policy `EarliestEligible` it also ends when a checkpoint has passed every threshold,
    and training is asked to stop.

    >>> from checkpoint_sweep import Until
    >>> Until(step=4000, seconds=3600.0)
    Until(step=4000, seconds=3600.0, file=None, patience=None)

    Attributes:
        step: End when a checkpoint of this step, or a later one, has been evaluated.
        seconds: End after this many seconds.
        file: End when this file is there, which training writes when it has ended.
        patience: End when this many checkpoints have come after the earliest that is tied with the
            best. Training is then asked to stop, by a file that `stop_hook` and `StopCallback`
            look for.

    Raises:
        WatchError: `seconds` is negative or NaN.
        SelectionError: `patience` is below 1.
    """

    step: int | None = None
    seconds: float | None = None
    file: str | None = None
    patience: int | None = None

    def __post_init__(self) -> None:
        check_patience(self.patience)
        if self.seconds is not None and not self.seconds >= 0:
            raise WatchError(
                Words("seconds", "--seconds"),
                f" is {self.seconds}; it must be a number, at least 0.",
            )


def watch(
    run: str,
    model: str,
    options: SweepOptions,
    *,
    until: Until | None = None,
    every: float = 5.0,
    on_result: Callable[[SweepResult], None] | None = None,
) -> SweepResult:
    """Sweeps a run again each time it has new checkpoints, as `sweep` does, until it ends.

    >>> from checkpoint_sweep import SweepOptions, Until, watch
    >>> options = SweepOptions("eval*.tfrecord", "eval_config.pbtxt", "auc")
    >>> result = watch("run", "export", options, until=Until(step=60))
    >>> result.verdicts[-1].step
    60

    Every checkpoint that is seen is pinned in `pinned/` of the output, by a hard link where that is
    possible, so that the trainer may delete it. What was evaluated is not evaluated again, also not
    after a new start.

    Args:
        run: Local directory of the checkpoints; it need not be there yet.
        model: Directory of a SavedModel that was exported from one of them; neither it nor that
            checkpoint need be there yet, but nothing is evaluated before they are. `export_graph`
            makes it of the first checkpoint and the code.
        options: Options of each sweep.
        until: When to end; None for never.
        every: Seconds from one evaluation of what is new to the next; checkpoints are pinned more
            often.
        on_result: Function that is called with each result.

    Returns:
        The last result.

    Raises:
        UserError: Something does not fit, no checkpoint has appeared when watching ends, or
            another process watches into this output.
    """
    until = until or Until()
    if not every >= 0:
        raise WatchError(
            Words("every", "--every"), f" is {every}; it must be a number of seconds, at least 0."
        )
    last = options.steps.last
    if until.step is not None and last is not None and until.step > last:
        raise WatchError(
            Words("The step at which watching ends", "--until-step"),
            f" is {until.step}, and the last step to evaluate",
            Words("", " (--last-step)"),
            f" is {last}. End at that step, or evaluate later ones.",
        )
    watcher = RunWatcher(run, model, options, every)
    with folders.locked(watcher.output, folders.WATCH):
        return _watch(watcher, until, model, options.selection.policy, on_result)


def _watch(
    watcher: RunWatcher,
    until: Until,
    model: str,
    policy: SelectionPolicy,
    on_result: Callable[[SweepResult], None] | None,
) -> SweepResult:
    started = time.monotonic()
    told = False
    while True:
        # Looked for first: what training wrote before it said that it has ended is still seen.
        trained = until.file is not None and os.path.exists(until.file)
        late = until.seconds is not None and time.monotonic() - started >= until.seconds
        try:
            result = watcher.poll()
        except folders.BusyError:  # Somebody's `sweep`, which will end.
            watcher.wait()
            continue
        except ExportedModelError as error:
            if trained or late:
                raise
            result = None  # The checkpoint that was exported may be still to come.
            if not told:
                logging.warning("Waiting for another checkpoint, or another export: %s", error)
                told = True
        except ChangedError as error:
            if trained or late:
                raise
            logging.warning(str(error))
            result = None  # What was written is evaluated once that is done.
        if result is not None:
            if on_result is not None:
                on_result(result)
            stop = os.path.join(watcher.output, STOP)
            if is_settled(policy, result.chosen):
                request_stop(stop, PASSED)
                return result
            if _has_no_improvement(result, until):
                request_stop(stop, NOT_IMPROVED)
                return result
            if late or (until.step is not None and _last_step(result) >= until.step):
                return result
        if not watcher.pending:
            if trained or late:
                return watcher.last_result()
        elif result is None and (trained or late):
            raise CheckpointError(
                f"There is no SavedModel in {model}. Export one of the run: ",
                Words("export_graph", "`checkpoint-sweep export-graph`"),
                " makes it of a checkpoint and your code.",
            )
        if result is None or not watcher.pending:
            progress.enter("waiting for checkpoints")
            watcher.wait()


def _last_step(result: SweepResult) -> int:
    return max((verdict.step for verdict in result.verdicts), default=-1)


def _has_no_improvement(result: SweepResult, until: Until) -> bool:
    waited = without_improvement(result.verdicts)
    return until.patience is not None and waited >= until.patience
