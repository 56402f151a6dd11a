"""Prunes a run: removes the checkpoints that a finished sweep has found to be of no further use."""

import contextlib
import os
from collections.abc import Sequence

import tensorflow as tf

from checkpoint_sweep.common.sequences import as_list
from checkpoint_sweep.common.text import some
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.candidates.fingerprint import ChangedError
from checkpoint_sweep.evaluation.results.ledger import LEDGER, Entry, EntryStatus, read_ledger
from checkpoint_sweep.model_run.candidates import find_mapping
from checkpoint_sweep.model_run.checkpoint_state import read_state
from checkpoint_sweep.model_run.checkpoints import Checkpoint, find_checkpoints
from checkpoint_sweep.model_run.exported_model import ExportedModel
from checkpoint_sweep.model_run.removal import (
    files_of,
    finish_removals,
    leftovers,
    remove_checkpoints,
)
from checkpoint_sweep.model_run.training_signs import being_written_reason
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.selection.racing import DROPPED
from checkpoint_sweep.selection.retention import PruneError, ingredients, keep_rules
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.finished import read_result
from checkpoint_sweep.sweeping.pinned import is_same_file, sweeps_of
from checkpoint_sweep.sweeping.prune_plan import PlannedCheckpoint, PrunePlan

_SWEEP = Words("sweep", "--sweep")


def plan_pruning(
    run: str,
    keep: str | Sequence[str],
    *,
    sweep: str | None = None,
    model: str | None = None,
    step_from: str | None = None,
) -> PrunePlan:
    """Plans which checkpoints of a swept run to remove; nothing is removed yet.

    >>> from checkpoint_sweep import plan_pruning, prune
    >>> plan = plan_pruning("run", ["best:1", "latest:1"])
    >>> [checkpoint.step for checkpoint in plan.removed]
    [0, 20]
    >>> prune(plan)

    Whatever the rules say, these stay: the chosen checkpoint, or those in the chosen average; the
    one that the exported model was made of, without which no later sweep can be run; the newest,
    and the one that TensorFlow's file `checkpoint` names as the latest; and all that the sweep has
    not evaluated.

    Args:
        run: Directory of the checkpoints.
        keep: Rules, each of which keeps some: `best-set`, those that are tied with the best (of an
            average, those in it); `best:N`, the N best that passed; `every:N`, those whose step is
            a multiple of N; `latest:N`, the last N.
        sweep: Local directory of the sweeps of the run; None for the run's, with `-sweep` at its
            end.
        model: Directory of the SavedModel that was exported; None for where the sweep found it.
        step_from: Regular expression that finds the step in a name; None to tell it from the names.

    Raises:
        PruneError: A rule is none, the sweep is not of this run, or is older than a checkpoint, or
            the run seems to be written to.
        UserError: There is no finished sweep or no checkpoint, or the exported model is of none.
    """
    texts = as_list(keep)
    rules = keep_rules(texts)
    result = read_result(_sweeps(run, sweep))
    _check_last(result)
    if any(verdict.run is not None for verdict in result.verdicts):
        raise PruneError(
            f"The sweep in {result.directory} is of several runs, and prune takes one of a single "
            f"run. Sweep {run} alone, and name the output by ",
            _SWEEP,
            ".",
        )
    checkpoints = find_checkpoints(run, step_from)
    folder = os.path.dirname(checkpoints[-1].prefix)
    if reason := being_written_reason(folder):
        raise PruneError(f"{reason}.")
    assert result.decision is not None
    reasons = _unevaluated(checkpoints, result)
    steps = [checkpoint.step for checkpoint in checkpoints]
    for rule in rules:
        for step in sorted(set(rule.steps(steps, result.decision))):
            reasons.setdefault(step, []).append(str(rule))
    if winner := result.decision.winner:
        for step in ingredients(winner):
            reasons.setdefault(step, []).append(
                f"in the chosen {winner.name}" if winner.is_average else "chosen"
            )
    model = model or _model_of(result)
    origin, _ = find_mapping(ExportedModel(SavedModel(model)), checkpoints)
    reasons.setdefault(origin.step, []).append("exported")
    reasons.setdefault(steps[-1], []).append("newest")
    if state := read_state(folder):
        for checkpoint in checkpoints:
            if state.latest == os.path.basename(checkpoint.prefix):
                reasons.setdefault(checkpoint.step, []).append("latest")
    return PrunePlan(
        run,
        result.directory,
        tuple(texts),
        [_planned(checkpoint, reasons.get(checkpoint.step, ())) for checkpoint in checkpoints],
        sum(map(_size, leftovers(folder))),
        model,
        step_from,
    )


def prune(plan: PrunePlan) -> None:
    """Removes what a plan of `plan_pruning` removes, if it would be the same plan now.

    A kill at any moment leaves each checkpoint whole, or none of it; the next pruning removes what
    is left of its files. TensorFlow's file `checkpoint` names only what remains.

        prune(plan_pruning("run", ["best-set", "latest:2"]))

    Args:
        plan: Plan of what to remove.

    Raises:
        ChangedError: Checkpoints, verdicts or the exported model are others now; nothing has been
            removed.
        BusyError: A sweep or a watch of the run is going on.
        UserError: As of `plan_pruning`.
    """
    output = _output_of(plan.sweep)
    with contextlib.ExitStack() as held:
        for work in (folders.SWEEP, folders.WATCH):
            held.enter_context(folders.locked(output, work))
        now = plan_pruning(
            plan.run, plan.keep, sweep=output, model=plan.model, step_from=plan.step_from
        )
        if now != plan:
            raise ChangedError(
                f"The checkpoints in {plan.run}, or the verdicts in {plan.sweep}, are no longer "
                "those that were planned with. Plan again."
            )
        kept, removed = (
            [Checkpoint(checkpoint.step, checkpoint.prefix) for checkpoint in planned]
            for planned in (now.kept, now.removed)
        )
        finish_removals(os.path.dirname(kept[-1].prefix))
        remove_checkpoints(removed, kept)


def _sweeps(run: str, sweep: str | None) -> str:
    """Returns the folder of the sweeps of a run."""
    if sweep is None and "://" in run:
        raise PruneError(
            "Sweeps lie in a local folder, and ", run, " does not. Name it by ", _SWEEP, "."
        )
    return sweep or sweeps_of(run) or folders.of_run(run, None)


def _output_of(directory: str) -> str:
    return os.path.dirname(os.path.realpath(directory))


def _check_last(result: SweepResult) -> None:
    """Checks that no later sweep has begun, whose ledger may say more.

    Raises:
        PruneError: One has, or that cannot be told.
    """
    output = _output_of(result.directory)
    if not folders.is_output(output):
        raise PruneError(
            f"{result.directory} is a copy of a sweep, and not where it was run. Name the output "
            "of the sweep."
        )
    numbers = folders.numbers(output)
    if any(number > folders.number_of(os.path.realpath(result.directory)) for number in numbers):
        raise PruneError(
            f"A sweep after {result.directory} has begun, and has not ended. Sweep again first."
        )


def _unevaluated(checkpoints: Sequence[Checkpoint], result: SweepResult) -> dict[int, list[str]]:
    """Lists the checkpoints that the sweep has no verdict on, by step, and why.

    Raises:
        PruneError: The sweep is not of this run, or training went on after it.
    """
    entries = {e.name: e for e in read_ledger(result.directory) if not e.is_average}
    ours = [c for c in checkpoints if c.name in entries and _is_of(entries[c.name], c)]
    if not ours:
        entry = next(iter(entries.values()))
        raise PruneError(
            f"The sweep in {result.directory} is of other checkpoints, such as {entry.checkpoint}, "
            f"and not of {checkpoints[0].prefix}. Name the run as it was swept, or its sweep by ",
            _SWEEP,
            ".",
        )
    swept = _written(os.path.join(result.directory, LEDGER))
    others = [c for c in checkpoints if c not in ours and (c.name in entries or c > ours[-1])]
    others += [c for c in ours if _written(f"{c.prefix}.index") > swept]
    if others:
        names = [str(c.step) for c in sorted(others)]
        raise PruneError(
            f"The sweep in {result.directory} is older than the checkpoints of these steps: "
            f"{some(names, 3)}. Sweep again first."
        )
    reasons = {c.step: _unevaluated_reason(entries.get(c.name)) for c in checkpoints}
    return {step: [reason] for step, reason in reasons.items() if reason}


def _unevaluated_reason(entry: Entry | None) -> str | None:
    if entry is None:
        return "not swept"
    dropped = (entry.reason or "").startswith(DROPPED)
    return None if entry.status is EntryStatus.EVALUATED or dropped else entry.status.value


def _is_of(entry: Entry, checkpoint: Checkpoint) -> bool:
    """Tells whether an entry is of the checkpoint itself, or of a pinned one that is the same."""
    index = f"{checkpoint.prefix}.index"
    return entry.checkpoint == checkpoint.prefix or is_same_file(f"{entry.checkpoint}.index", index)


def _model_of(result: SweepResult) -> str:
    """Finds the exported model of a sweep.

    Raises:
        PruneError: It is not there.
    """
    found = result.report.made.get("model")
    if not isinstance(found, str) or not SavedModel(found).exists():
        raise PruneError(
            f"The exported model of the sweep is not there: {found}. Name it by ",
            Words("model", "--model"),
            ".",
        )
    return found


def _planned(checkpoint: Checkpoint, kept_by: Sequence[str]) -> PlannedCheckpoint:
    sizes = {path: _size(path) for path in files_of(checkpoint.prefix)}
    freed = sum(size for path, size in sizes.items() if not _is_shared(path))
    return PlannedCheckpoint(
        checkpoint.step, checkpoint.prefix, sum(sizes.values()), freed, tuple(kept_by)
    )


def _size(path: str) -> int:
    return int(tf.io.gfile.stat(path).length)


def _written(path: str) -> int:
    """Returns when a file was written, in nanoseconds; TensorFlow knows whole seconds only."""
    return int(tf.io.gfile.stat(path).mtime_nsec) if "://" in path else os.stat(path).st_mtime_ns


def _is_shared(path: str) -> bool:
    """Tells whether removing a name frees no bytes: another has the file, or it is a link."""
    return "://" not in path and (os.path.islink(path) or os.stat(path).st_nlink > 1)
