"""Follows a training run: each new checkpoint is evaluated as it appears."""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow_model_analysis as tfma

from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.model_run.exported_model import ExportedModelError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.verdict import without_improvement
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.following import Following
from checkpoint_sweep.sweeping.stopping import STOP, request_stop
from checkpoint_sweep.sweeping.sweep import SweepResult


@dataclasses.dataclass(frozen=True)
class Until:
    """When watching ends, whatever comes first; without any of these, never.

    Attributes:
        step: a checkpoint of this step, or a later one, has been evaluated.
        seconds: so much time has passed.
        file: this file is there, which training writes when it has ended.
        patience: so many checkpoints have come after the earliest that cannot be told from the
            best. Training is then asked to stop, by a file that `stopping` looks for.
    """

    step: int | None = None
    seconds: float | None = None
    file: str | None = None
    patience: int | None = None


def watch(
    run: str,
    model: str,
    examples: str | Sequence[str],
    config: str | tfma.EvalConfig,
    select: str | Selection,
    *,
    until: Until | None = None,
    output: str | None = None,
    every: float = 5.0,
    when_swept: Callable[[SweepResult], None] | None = None,
    **options: Any,
) -> SweepResult:
    """Sweeps a run again each time it has new checkpoints, as `sweep` does, until it ends.

    >>> from checkpoint_sweep import watch
    >>> from checkpoint_sweep.sweeping.watch import Until
    >>> given = "run", "export", "eval*.tfrecord", "eval_config.pbtxt", "auc"
    >>> watched = watch(*given, until=Until(step=60))
    >>> watched.verdicts[-1].step
    60

    Every checkpoint that is seen is held in `held/` of the output, by a hard link where that is
    possible, so that the trainer may delete it. What was evaluated is not evaluated again, also not
    after a new start.

    Args:
        run: local directory of the checkpoints; it need not be there yet.
        model: directory of a SavedModel that was exported from one of them; neither it nor that
            one need be there yet, but nothing is evaluated before they are.
        examples: see `sweep`.
        config: see `sweep`.
        select: see `sweep`.
        until: when to end.
        output: see `sweep`.
        every: seconds from one evaluation of what is new to the next look; checkpoints are held
            more often.
        when_swept: is given each result.
        **options: see `sweep`.

    Returns:
        The last result.

    Raises:
        UserError: something does not fit, no checkpoint has appeared when watching ends, or
            another process watches into this output.
    """
    following = Following(
        run, model, examples, config, select, output=output, every=every, **options
    )
    with folders.locked(following.output, folders.WATCH):
        return _watch(following, until or Until(), run, model, when_swept)


def _watch(
    following: Following,
    until: Until,
    run: str,
    model: str,
    when_swept: Callable[[SweepResult], None] | None,
) -> SweepResult:
    started = time.monotonic()
    while True:
        # Looked for first: what training wrote before it said that it has ended is still seen.
        trained = until.file is not None and os.path.exists(until.file)
        late = until.seconds is not None and time.monotonic() - started >= until.seconds
        try:
            result = following.look()
        except folders.BusyError:  # Somebody's `sweep`, which will end.
            following.rest()
            continue
        except ExportedModelError:
            if trained or late:
                raise
            result = None  # The checkpoint that was exported may be still to come.
        if result is not None:
            if when_swept is not None:
                when_swept(result)
            if _has_come(result, until):
                request_stop(os.path.join(following.output, STOP))
                return result
            if late or (until.step is not None and _step(result) >= until.step):
                return result
        if not following.pending:
            if trained or late:
                return _last(following, run)
        elif result is None and (trained or late):
            raise CheckpointError(f"There is no SavedModel in {model}. Export one of the run.")
        if result is None or not following.pending:
            following.rest()


def _last(following: Following, run: str) -> SweepResult:
    if following.result is None:
        raise CheckpointError(f"No checkpoint has appeared in {run}. Look for longer.")
    return following.result


def _step(result: SweepResult) -> int:
    return max((verdict.step for verdict in result.verdicts), default=-1)


def _has_come(result: SweepResult, until: Until) -> bool:
    waited = without_improvement(result.verdicts)
    return until.patience is not None and waited >= until.patience
