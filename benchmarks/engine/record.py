"""Writes what a benchmark has found as JSON."""

import dataclasses
import datetime
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.machine import machine
from benchmarks.engine.cases import Case, Measurement
from benchmarks.engine.figures import figures
from benchmarks.engine.plan import BenchmarkPlan
from benchmarks.engine.ratios import ratios


@dataclasses.dataclass(frozen=True)
class Record:
    """Everything that the JSON is made of.

    Attributes:
        plan: What was to be measured.
        plan_name: Name by which a reader knows the plan.
        run: Finished pipeline run that the data are from.
        started: UTC.
        measured: Measurements so far, by case.
        failures: A sentence for each measurement that failed, which names it and its log.
        load_average: Load average of the last minute, at the start: what else the machine did.
    """

    plan: BenchmarkPlan
    plan_name: str
    run: Path
    started: datetime.datetime
    measured: Mapping[Case, Sequence[Measurement]]
    failures: Sequence[str]
    load_average: float


def write(record: Record, path: Path) -> None:
    """Writes the whole record under another name and renames it: `path` is never half written.

    Not by `checkpoint_sweep.common.files`: that would load TensorFlow into the process that stays
    beside all that are measured.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".partial")
    temporary.write_text(json.dumps(as_json(record), indent=2, allow_nan=False) + "\n")
    os.replace(temporary, path)


def as_json(record: Record) -> dict[str, Any]:
    """Converts the record to JSON.

    Returns:
        `ratios` are values by name, null where a figure is missing; `targets` says for each of
        them how it is defined, its limit and whether that is met. `figures` are medians or
        scaled values, the latter with `scaled` set; `measurements` are all process runs.
    """
    found = figures(record.plan, record.measured)
    judged = ratios(record.plan, found)
    done = sum(len(runs) for runs in record.measured.values())
    return {
        "plan": record.plan_name,
        "complete": done == sum(record.plan.repeats.values()),
        "started": record.started.isoformat(timespec="seconds"),
        "written": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "run": str(record.run),
        "machine": machine() | {"load_average_at_start": record.load_average},
        "ratios": {ratio.name: ratio.value for ratio in judged},
        "targets": [dataclasses.asdict(ratio) for ratio in judged],
        "figures": [
            dataclasses.asdict(figure) | {"case": _case(figure.case)} for figure in found.values()
        ],
        "failures": list(record.failures),
        "measurements": [
            {"case": _case(case), **dataclasses.asdict(run)}
            for case, runs in record.measured.items()
            for run in runs
        ],
    }


def _case(case: Case) -> dict[str, Any]:
    """Gives a case under the keys of the JSON, which readers of earlier records know."""
    return {"way": case.contender, "examples": case.examples, "checkpoints": case.checkpoints}
