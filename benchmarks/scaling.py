"""What more workers are worth: `python -m benchmarks.scaling --help`, where Dask is installed.

The same evaluation in one process, in processes of Beam's own runner and on a Dask cluster, on one
core for each worker, from one file or several; and a cost model of the lot.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import record
from benchmarks.cost_model import TERMS, CostModel, Load
from benchmarks.runner import run_module
from benchmarks.scaling_job import Case
from benchmarks.sizes import prepared
from checkpoint_sweep.common.errors import UserError
from pipeline.reporting.failure import fail

_OUT = Path(__file__).resolve().parent / "out"
_WAYS = (("one process", 1), ("processes", 2), ("dask", 1), ("dask", 2))
_SHARDS = (1, 4, 32)
_SLICES = 25
# Examples, checkpoints and slices of what only the cost model is fitted to, beside the others.
_SIZES = ((1, 1, 1), (1, 1, 25), (1, 50, 1), (1, 50, 25), (0.25, 20, 25), (0.25, 50, 1))
_FAR = (10**9, 100, 25)


def main(
    run: Annotated[
        Path | None,
        typer.Option(help="Root folder of a finished run.  [default: one of its own, made once]"),
    ] = None,
    examples: Annotated[int, typer.Option(help="How many.")] = 200_000,
    checkpoints: Annotated[int, typer.Option(help="How many.")] = 20,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = _OUT,
) -> None:
    """Measure workers and shards, and fit the cost model; results go to OUT/scaling.json."""
    console, out = Console(), out.resolve()
    cases = list(dict.fromkeys(_cases(examples, checkpoints)))
    counts = sorted({case.examples for case in cases})
    try:
        data = prepared(run, out, counts, console)
        measured = [
            one
            for way in _WAYS
            for one in _measure([c for c in cases if (c.way, c.workers) == way], data, out, console)
        ]
    except UserError as error:
        fail(str(error), 1)
    first = measured[0]["values"]
    for one in measured:
        values = one.pop("values")
        if _is_of_grid(one, examples, checkpoints):
            one["compared"], one["different"], one["largest"] = _differences(first, values)
    grid = [one for one in measured if _is_of_grid(one, examples, checkpoints)]
    # What a cluster takes beside that, the figures of the grid show.
    fitted = [one for one in measured if one["way"] == "one process"]
    loads, seconds = [_load(one) for one in fitted], [one["cpu_seconds"] for one in fitted]
    model = CostModel.fit(loads, seconds)
    residuals = model.residuals(loads, seconds).tolist()
    console.print(_grid_table(grid))
    console.print(_model_table(model, residuals))
    content = {
        "machine": record.machine() | {"load_average_at_end": os.getloadavg()[0]},
        "measurements": measured,
        "cost_model": {
            "seconds": dict(zip(TERMS, model.seconds.tolist(), strict=True)),
            "residuals": residuals,
            "far": {workers: model.predict(Load(*_FAR, workers)) for workers in (1, 10, 100, 1000)},
        },
    }
    path = out / "scaling.json"
    path.write_text(json.dumps(content, indent=2) + "\n")
    console.print(f"[dim]All of this as JSON: {path}[/]")


def _cases(examples: int, checkpoints: int) -> Iterator[Case]:
    """The grid of ways and shards, then sizes in one process."""
    for shards in _SHARDS:
        for way, workers in _WAYS:
            yield Case(way, workers, shards, examples, checkpoints, _SLICES)
    for share, number, slices in _SIZES:
        yield Case("one process", 1, 1, int(examples * share), number, slices)


def _measure(
    cases: Sequence[Case], data: Path, out: Path, console: Console
) -> list[dict[str, Any]]:
    """Cases of one way and number of workers, what they took, and their values."""
    told = [dataclasses.asdict(case) for case in cases]
    described = f"{cases[0].way}, workers: {cases[0].workers}"
    console.print(f"{described}: {len(cases)} cases ...", highlight=False)
    name = f"scaling-{cases[0].way.replace(' ', '-')}-{cases[0].workers}"
    result = out / "logs" / f"{name}.json"
    arguments = [json.dumps(told), str(data), str(result)]
    run_module("benchmarks.scaling_job", arguments, out / "logs" / f"{name}.log", described)
    found = json.loads(result.read_text())
    return [{**case, **one} for case, one in zip(told, found, strict=True)]


def _is_of_grid(one: dict[str, Any], examples: int, checkpoints: int) -> bool:
    """Whether a case is of the grid's size."""
    size = (one["examples"], one["checkpoints"], one["slices"])
    return size == (examples, checkpoints, _SLICES)


def _differences(expected: dict[str, float], found: dict[str, float]) -> tuple[int, int, float]:
    """How many values both have, how many of these differ, and by how much at most, relatively."""
    both = expected.keys() & found.keys()
    apart = [abs(expected[key] - found[key]) / max(abs(expected[key]), 1e-300) for key in both]
    return len(both), sum(one > 0 for one in apart), max(apart, default=0.0)


def _load(one: dict[str, Any]) -> Load:
    return Load(one["examples"], one["checkpoints"], one["slices"], one["workers"])


def _grid_table(grid: Sequence[dict[str, Any]]) -> Table:
    """A line for each way and number of shards; the speed-up is over one process, same shards.

    CPU seconds are those of this process and of the busiest worker: what else the machine does
    does not count.
    """
    table = Table(title="Workers and shards", title_justify="left", box=None)
    for name in (
        *("way", "workers", "shards", "s", "speed-up", "CPU s", "speed-up", "ideal"),
        *("compared", "differ", "by"),
    ):
        table.add_column(name, justify="right", no_wrap=True)
    alone = {one["shards"]: one for one in grid if one["way"] == "one process"}
    for one in grid:
        here, counted = alone[one["shards"]], one["way"] != "processes"
        table.add_row(
            one["way"],
            str(one["workers"]),
            str(one["shards"]),
            f"{one['seconds']:.1f}",
            f"{here['seconds'] / one['seconds']:.2f}",
            f"{one['cpu_seconds']:.1f}" if counted else "",
            f"{here['cpu_seconds'] / one['cpu_seconds']:.2f}" if counted else "",
            str(one["workers"]),
            f"{one['compared']:,}",
            str(one["different"]),
            f"{one['largest']:.1e}",
        )
    return table


def _model_table(model: CostModel, residuals: Sequence[float]) -> Table:
    """Seconds for each term, the residuals, and what the far case takes."""
    table = Table(title="Cost model", title_justify="left", box=None, show_header=False)
    for name, seconds in zip(TERMS, model.seconds, strict=True):
        table.add_row(f"seconds for each {name}", f"{seconds:.3g}")
    table.add_row("largest residual", f"{max(map(abs, residuals)):.0%}")
    for workers in (1, 10, 100, 1000):
        hours = model.predict(Load(*_FAR, workers)) / 3600
        examples, models, _ = _FAR
        table.add_row(f"{examples:.0e} examples x {models}, {workers} workers", f"{hours:.2f} h")
    return table


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
