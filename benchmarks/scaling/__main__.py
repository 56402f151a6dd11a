"""What more workers are worth: `python -m benchmarks.scaling --help`, where Dask is installed.

The same evaluation in one process, in processes of Beam's own runner and on a Dask cluster, on one
core for each worker as far as there are cores, from one file or several; and a cost model of all.
"""

import dataclasses
import datetime
import enum
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.common import page
from benchmarks.common.folders import OUT
from benchmarks.common.machine import described, machine
from benchmarks.common.processes import run_module
from benchmarks.resnet import data as resnet_data
from benchmarks.scaling import tasks
from benchmarks.scaling.figures import (
    differences,
    fit,
    grid_markdown,
    grid_table,
    model_markdown,
    model_table,
)
from benchmarks.scaling.tasks import ScalingCase
from benchmarks.sizes.data import make_data
from benchmarks.sizes.size import Size
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import write_json
from pipeline.reporting import log_filters
from pipeline.reporting.failure import fail

_WAYS = (("one process", 1), ("processes", 2), ("dask", 1), ("dask", 2), ("dask", 4))
_SHARDS = (1, 8, 64)
_SHARDS_OF_PROCESSES = 8  # Each of them imports TensorFlow anew: how many files hardly matters.
_SLICES = 25
# Examples, checkpoints and slices of what only the cost model is fitted to, beside the others.
_SIZES = (
    *((1, 1, 1), (1, 1, 25), (1, 50, 1), (1, 50, 25)),
    *((0.25, 1, 1), (0.25, 20, 25), (0.25, 50, 1), (0.25, 50, 25)),
)
# Workers and elements on Dask of what only the cost model is fitted to; each element is a file.
_ELEMENTS = ((2, 16), (2, 64), (2, 256), (4, 64))
_CHECKPOINTS_OF_ELEMENTS = 4
_RESNET_BATCH_SIZE = 50  # So that there are batches to divide.


class ScalingProblem(enum.Enum):
    """What is evaluated."""

    taxi = "taxi"
    resnet = "resnet"


# Examples and checkpoints.
_DEFAULTS = {ScalingProblem.taxi: (500_000, 20), ScalingProblem.resnet: (2_000, 6)}


def main(
    problem: Annotated[
        ScalingProblem, typer.Option(help="What to evaluate; resnet has no cost model.")
    ] = ScalingProblem.taxi,
    run: Annotated[
        Path | None,
        typer.Option(help="Root folder of a finished run.  [default: one of its own, made once]"),
    ] = None,
    examples: Annotated[
        int | None, typer.Option(help="How many.  [default: 500,000; 2,000 of resnet]")
    ] = None,
    checkpoints: Annotated[
        int | None, typer.Option(help="How many.  [default: 20; 6 of resnet]")
    ] = None,
    write: page.Write = False,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = OUT,
) -> None:
    """Measure workers and shards, and fit the cost model; results: OUT/scaling-PROBLEM.json."""
    log_filters.silence_imports()
    console, out = Console(), out.resolve()
    started, load = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0]
    usual = _DEFAULTS[problem]
    size = (examples or usual[0], checkpoints or usual[1])
    cases = list(dict.fromkeys(_cases(problem, *size)))
    try:
        data = _prepare(problem, run, out, cases, console)
        measured = [
            one
            for way in _WAYS
            for one in _measure([c for c in cases if (c.way, c.workers) == way], data, out, console)
        ]
    except UserError as error:
        fail(str(error), 1)
    grid = [one for one in measured if _size(one) == (*size, _SLICES)]
    first = grid[0]["values"]
    for one in measured:
        values = one.pop("values")
        one["compared"], one["different"], one["largest"] = differences(first, values)
    console.print(grid_table(grid))
    parts = [grid_markdown(grid)]
    content: dict[str, Any] = {
        "machine": machine() | {"load_average_at_end": os.getloadavg()[0]},
        "measurements": measured,
    }
    if problem is ScalingProblem.taxi:
        content["cost_models"] = {}
        for way in ("one process", "dask"):
            model = fit([one for one in measured if one["way"] == way])
            content["cost_models"][way] = model
            console.print(model_table(way, model))
            parts.append(model_markdown(way, model))
    loads = (load, os.getloadavg()[0])
    text = "\n\n".join([described(machine(), f"{started:%Y-%m-%d}", loads), *parts])
    path = out / f"scaling-{problem.value}.json"
    path.with_suffix(".md").write_text(f"{text}\n")
    if write:
        page.renew_results(f"scaling {problem.value}", text)
    write_json(path, content)
    console.print(f"[dim]All of this as JSON: {path}[/]")


def _cases(problem: ScalingProblem, examples: int, checkpoints: int) -> Iterator[ScalingCase]:
    """Lists the grid of runners and shards, then sizes that only a cost model is fitted to."""
    name = problem.value
    for shards in _SHARDS:
        for way, workers in _WAYS:
            if way == "processes" and shards != _SHARDS_OF_PROCESSES:
                continue
            yield ScalingCase(name, way, workers, shards, examples, checkpoints, _SLICES)
    if problem is ScalingProblem.resnet:
        return
    for way, workers in (("one process", 1), ("dask", 2)):
        for share, number, slices in _SIZES:
            yield ScalingCase(name, way, workers, 1, int(examples * share), number, slices)
    for workers, elements in _ELEMENTS:
        few = (examples // 4, _CHECKPOINTS_OF_ELEMENTS, _SLICES)
        yield ScalingCase(name, "dask", workers, elements, *few, elements)


def _prepare(
    problem: ScalingProblem,
    run: Path | None,
    out: Path,
    cases: Sequence[ScalingCase],
    console: Console,
) -> Path:
    """Makes the directory of a problem's data, from a run that is made if none is named."""
    counts = sorted({case.examples for case in cases})
    if problem is ScalingProblem.taxi:
        return make_data(run, out, [Size(1, count) for count in counts], console)
    data, last = out / "scaling-resnet", max(case.checkpoints for case in cases)
    job = resnet_data.make_job(run, out, data, counts[-1], _RESNET_BATCH_SIZE, last, console)
    write_json(data / tasks.JOB, dataclasses.asdict(job))
    return data


def _measure(
    cases: Sequence[ScalingCase], data: Path, out: Path, console: Console
) -> list[dict[str, Any]]:
    """Cases of one way and number of workers, what they took, and their values."""
    told = [dataclasses.asdict(case) for case in cases]
    words = f"{cases[0].way}, workers: {cases[0].workers}"
    console.print(f"{words}: {len(cases)} cases ...", highlight=False)
    name = f"scaling-{cases[0].problem}-{cases[0].way.replace(' ', '-')}-{cases[0].workers}"
    result = out / "logs" / f"{name}.json"
    arguments = [json.dumps(told), str(data), str(result)]
    run_module("benchmarks.scaling.job", arguments, out / "logs" / f"{name}.log", words)
    found = json.loads(result.read_text())
    return [{**case, **one} for case, one in zip(told, found, strict=True)]


def _size(one: dict[str, Any]) -> tuple[int, int, int]:
    return one["examples"], one["checkpoints"], one["slices"]


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
