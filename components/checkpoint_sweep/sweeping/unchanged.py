"""Finds by files alone that a sweep would find nothing new. Importing it must stay cheap.

A sweep that has ended leaves a record: what it was made from, what it has written, and what it
logged. Where all of that is as it was, the next sweep would log the same, reuse every result, and
keep the folder as it is; so it is not run, and neither TensorFlow nor TFMA is imported. Where
anything differs, a sweep is run, which reuses what it can.

There is no record of what a further sweep may find to be otherwise: a checkpoint without results,
predictions that are written again, the trials of a greedy soup.
"""

import contextlib
import json
import logging
import os
from collections.abc import Collection, Sequence

from absl import logging as absl_logging

from checkpoint_sweep.common import log_replay
from checkpoint_sweep.common.files import PARTIAL, files_below
from checkpoint_sweep.common.json_safe import OTHER_FORM, Json
from checkpoint_sweep.common.snapshot import Snapshot
from checkpoint_sweep.common.source_fingerprint import fingerprint
from checkpoint_sweep.evaluation.candidates.log_result import log_reuse
from checkpoint_sweep.report.document import REPORT_HTML
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.finished import read_result
from checkpoint_sweep.sweeping.inputs import Inputs, UnknownInputsError, is_of_library
from checkpoint_sweep.sweeping.options import SweepOptions

_RECORD = ".made-from.json"
_VERSION = 1


def read_unchanged(
    directories: Sequence[str], exports: Sequence[str], options: SweepOptions, output: str
) -> SweepResult | None:
    """Returns the last result where a sweep would find nothing new, and logs what it would log.

    Args:
        directories: Directories of the runs, as `several_runs.expand` gives them.
        exports: Directories of the exported models.
        options: Options of the sweep.
        output: Folder that sweeps share.

    Raises:
        FolderError: Another process holds the folder.
    """
    if not os.path.isfile(_record(output)):
        return None
    with folders.locked(output):
        try:
            with open(_record(output), encoding="utf-8") as file:
                record: Json = json.load(file)
            if not _holds(record, Inputs.of(directories, exports, options), output):
                return None
            directory = _directory(record, output)
        except (UnknownInputsError, *OTHER_FORM, ImportError, OSError, SyntaxError):
            return None
        log_replay.replay(record["log"])
        for split, count in record["reused"].items():
            log_reuse(f"{split}: " if split else "", count, 0)
        log_nothing_new(directory)
        folders.point_latest(output, directory)
        return read_result(directory)


def log_nothing_new(directory: str) -> None:
    """Logs that a sweep has found nothing new, so that the folder of the one before stays."""
    absl_logging.info("Nothing is new: %s stays as it is.", directory)


class Recording:
    """Keeps, from the first moment of a sweep, what its record needs.

    Args:
        directories: Directories of the runs, as `several_runs.expand` gives them.
        exports: Directories of the exported models.
        options: Options of the sweep.
        output: Folder that sweeps share.
        logged: What is logged meanwhile.
    """

    def __init__(
        self,
        directories: Sequence[str],
        exports: Sequence[str],
        options: SweepOptions,
        output: str,
        logged: log_replay.LogRecording,
    ) -> None:
        self._options = options
        self._output = output
        self._logged = logged
        self._of_inputs: Json | None = None
        with contextlib.suppress(UnknownInputsError, OSError, ValueError):
            inputs = Inputs.of(directories, exports, options)
            self._of_inputs = {"key": inputs.key, "inputs": inputs.snapshot().to_dict()}
        self._checked: int | None = None
        self._of_code: Json = {}

    def note_checked(self, modules: Collection[str]) -> None:
        """Notes that all has been checked, and nothing evaluated yet.

        Args:
            modules: Names of the modules of the config's metrics.
        """
        self._checked = len(self._logged.lines)
        own = [name for name in modules if not is_of_library(name)]
        self._of_code = {"modules": own, "code": fingerprint(own)}

    def write(self, directory: str) -> None:
        """Writes the record, if a further sweep would find nothing new.

        Where it cannot be written, the next sweep is run.

        Args:
            directory: Folder of the sweep, which has ended.
        """
        # One name, under the lock: what a killed process has left goes.
        scratch = f"{_record(self._output)}{PARTIAL}new"
        with contextlib.suppress(OSError):
            os.unlink(scratch)
        lines = self._logged.lines
        later = lines[self._checked :]
        reused = _reusable(directory, self._options)
        if self._of_inputs is None or not reused or any(lv > logging.INFO for lv, _ in later):
            return
        record = {
            "version": _VERSION,
            **self._of_inputs,
            **self._of_code,
            "sweep": folders.number_of(directory),
            "level": self._logged.level,
            "log": lines[: self._checked],
            "reused": reused,
        }
        with contextlib.suppress(OSError, ValueError):
            record["outputs"] = Snapshot.of(_outputs(self._output, directory)).to_dict()
            with open(scratch, "w", encoding="utf-8") as file:
                json.dump(record, file)
            os.replace(scratch, _record(self._output))


def _reusable(directory: str, options: SweepOptions) -> dict[str, int]:
    """Counts the results that a further sweep reuses, by split; none where it would do more."""
    from checkpoint_sweep.evaluation.results.files import split_folder
    from checkpoint_sweep.evaluation.results.ledger import LEDGER, EntryStatus, read_ledger

    soup = options.averages is not None and options.averages.greedy_soup
    if soup or options.predictions is not None:
        return {}
    of = {split: split_folder(directory, split) for split in ("", *options.patterns_of_splits)}
    if not all(os.path.isfile(os.path.join(folder, LEDGER)) for folder in of.values()):
        return {}  # No candidate was evaluated there.
    entries = {split: read_ledger(folder) for split, folder in of.items()}
    if any(
        entry.status is not EntryStatus.EVALUATED or not entry.key
        for of_split in entries.values()
        for entry in of_split
    ):
        return {}
    return {split: len(of_split) for split, of_split in entries.items() if of_split}


def _holds(record: Json, inputs: Inputs, output: str) -> bool:
    directory = _directory(record, output)
    return (
        record["version"] == _VERSION
        and record["key"] == inputs.key
        and log_replay.is_complete(record["level"])
        and folders.numbers(output) == [record["sweep"]]
        and os.path.exists(os.path.join(directory, REPORT_HTML))
        and Snapshot.from_dict(record["inputs"]).shows(inputs.paths)
        and Snapshot.from_dict(record["outputs"]).shows(_outputs(output, directory))
        and fingerprint(record["modules"]) == record["code"]
    )


def _record(output: str) -> str:
    return os.path.join(output, _RECORD)


def _directory(record: Json, output: str) -> str:
    return folders.path(output, record["sweep"])


def _outputs(output: str, directory: str) -> list[str]:
    return [*files_below(directory), *files_below(os.path.join(output, folders.EXAMPLES))]
