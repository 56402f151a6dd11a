"""Runs a sweep in the next numbered folder, unless it finds nothing new."""

import dataclasses
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from checkpoint_sweep.common import progress
from checkpoint_sweep.common.digests import of_files
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import write_json
from checkpoint_sweep.common.json_safe import OTHER_FORM
from checkpoint_sweep.common.sequences import as_list
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.results.files import split_folder
from checkpoint_sweep.evaluation.results.ledger import LEDGER, Entry, EntryStatus, read_ledger
from checkpoint_sweep.model_run.run_names import RunsError
from checkpoint_sweep.model_run.runs import ModelRun
from checkpoint_sweep.report import tensorboard
from checkpoint_sweep.report.document import REPORT_HTML, VERDICTS_JSON
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.report.write import try_to_write_report
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.finished import read_result, result_of
from checkpoint_sweep.sweeping.unchanged import log_nothing_new


def run_into_next(
    output: str, made: Mapping[str, Any], run: Callable[[str], SweepVerdicts]
) -> SweepResult:
    """Runs a sweep in the next numbered folder; those before go once it has ended.

    A sweep that has found nothing new goes itself, and the finished one before stays.

    Args:
        output: Folder that sweeps share.
        made: Provenance of the sweep.
        run: Function that sweeps into a folder.
    """
    numbers = folders.numbers(output)
    directory = folders.make_next(output)
    try:
        verdicts = run(directory)
    except BaseException:
        if not os.path.exists(os.path.join(directory, LEDGER)):  # Nothing to go on from.
            folders.remove(output, folders.number_of(directory))
        raise
    result = result_of(directory, verdicts)
    before = _last_finished(output, numbers)
    if before is not None and _repeats(result, before, made):
        log_nothing_new(before.directory)
        numbers.append(folders.number_of(directory))
        result = before
    else:
        progress.enter("writing the report")
        tensorboard.try_to_write(result)
        try_to_write_report(result, made)
        write_json(os.path.join(directory, VERDICTS_JSON), verdicts.to_dict())
    folders.point_latest(output, result.directory)
    for number in numbers:
        if number != folders.number_of(result.directory):
            folders.remove(output, number)
    return read_result(result.directory)


def check_keeps_runs(output: str, runs: Sequence[ModelRun]) -> None:
    """Checks that the runs of the last sweep, whose results go after the next, are swept again.

    Args:
        output: Folder that sweeps share, which the user has not named.
        runs: Runs of the next sweep.

    Raises:
        RunsError: The last sweep is of other runs too.
    """
    try:
        swept = read_result(output).report.made.get("model_run", [])
    except (UserError, *OTHER_FORM, OSError, tf.errors.OpError):
        return
    if len(runs) == 1 and isinstance(swept, str):
        return
    own = {os.path.realpath(run.directory) for run in runs}
    others = [path for path in as_list(swept) if os.path.realpath(path) not in own]
    if others:
        raise RunsError(
            f"The results in {output} are of other runs too, such as {others[0]}, and they go when "
            "this sweep ends. Name another folder by ",
            Words("output", "--output"),
            ", or this one if they may go.",
        )


def _last_finished(output: str, numbers: Sequence[int]) -> SweepResult | None:
    for directory in (folders.path(output, number) for number in reversed(numbers)):
        if os.path.exists(os.path.join(directory, VERDICTS_JSON)):
            try:
                return result_of(directory, folders.read_verdicts(directory))
            except folders.FolderError:
                return None
    return None


def _repeats(result: SweepResult, before: SweepResult, made: Mapping[str, Any]) -> bool:
    """Checks whether evaluations, verdicts, model and provenance are those of a sweep before.

    What cannot be read there is not the same.
    """
    try:
        splits = ["", *made.get("other_splits", ())]
        own = [read_ledger(split_folder(result.directory, split)) for split in splits]
        theirs = [read_ledger(split_folder(before.directory, split)) for split in splits]
        return (
            all(e.reused or e.status is EntryStatus.SKIPPED for of_split in own for e in of_split)
            and [_evaluations(entries, result) for entries in own]
            == [_evaluations(entries, before) for entries in theirs]
            and _plain(result.decision) == _plain(before.decision)
            and _weights(result.model) == _weights(before.model)
            and os.path.exists(os.path.join(before.directory, REPORT_HTML))
            and {**before.report.made, **made} == before.report.made
            # Thresholds that were met, and are omitted now, change no verdict.
            and before.report.made.get("split_thresholds") == made.get("split_thresholds")
        )
    except (*OTHER_FORM, OSError, tf.errors.OpError):
        return False


def _evaluations(entries: Sequence[Entry], swept: SweepResult) -> list[Entry]:
    """Returns entries without what differs from one sweep to the next: times, and own paths."""
    return [
        dataclasses.replace(
            entry,
            seconds=0.0,
            reused=True,
            checkpoint=entry.checkpoint.removeprefix(swept.directory),
        )
        for entry in entries
    ]


def _plain(verdicts: SweepVerdicts | None) -> Any:
    return verdicts and json.loads(json.dumps(verdicts.to_dict()))


def _weights(model: str | None) -> str:
    """Digests the files of a model; "" without one."""
    return of_files(
        os.path.join(folder, name) for folder, _, names in os.walk(model or "") for name in names
    )
