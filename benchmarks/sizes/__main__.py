"""What a sweep takes by size: `python -m benchmarks.sizes --help`.

Checkpoints by examples, with the taxi problem's own evaluation config: plots, and the slices of
hours and of ways to pay. Each size is a process of its own; its time starts when its imports are
done.
"""

import itertools
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.common.folders import OUT
from benchmarks.common.machine import machine
from benchmarks.common.processes import run_module
from benchmarks.sizes.data import make_data
from checkpoint_sweep.common.errors import UserError
from pipeline.reporting.failure import fail

_CHECKPOINTS = (1, 20, 100)
_EXAMPLES = (10_000, 100_000, 1_000_000)


def main(
    run: Annotated[
        Path | None,
        typer.Option(help="Root folder of a finished run.  [default: one of its own, made once]"),
    ] = None,
    checkpoints: Annotated[
        list[int] | None, typer.Option(help="How many; repeatable.  [default: 1, 20, 100]")
    ] = None,
    examples: Annotated[
        list[int] | None,
        typer.Option(help="How many; repeatable.  [default: 10000, 100000, 1000000]"),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = OUT,
) -> None:
    """Measure sweeps of several sizes; results go to OUT/sizes.json."""
    console, out = Console(), out.resolve()
    counts = sorted(set(examples or _EXAMPLES))
    try:
        data = make_data(run, out, counts, console)
        measured = []
        for count, number in itertools.product(counts, sorted(set(checkpoints or _CHECKPOINTS))):
            console.print(f"K = {number}, {count:,} examples ...", highlight=False)
            measured.append(_measure(number, count, data, out))
    except UserError as error:
        fail(str(error), 1)
    console.print(_table(measured))
    path = out / "sizes.json"
    load = {"load_average_at_end": os.getloadavg()[0]}
    content = {"machine": machine() | load, "measurements": measured}
    path.write_text(json.dumps(content, indent=2) + "\n")
    console.print(f"[dim]All of this as JSON: {path}[/]")


def _measure(checkpoints: int, examples: int, data: Path, out: Path) -> dict[str, Any]:
    """Measures one size; returns JSON."""
    size = {"checkpoints": checkpoints, "examples": examples}
    name = f"sizes-{checkpoints}-{examples}"
    result = out / "logs" / f"{name}.json"
    arguments = [json.dumps(size), str(data), str(result)]
    described = f"{checkpoints} checkpoints on {examples} examples"
    run_module("benchmarks.sizes.job", arguments, out / "logs" / f"{name}.log", described)
    return {**size, **json.loads(result.read_text())}


def _table(measured: list[dict[str, Any]]) -> Table:
    table = Table(title="Sweeps of the taxi problem", title_justify="left", box=None)
    for name in ("checkpoints", "examples", "seconds", "CPU seconds", "peak MB", "imports MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in measured:
        table.add_row(
            str(one["checkpoints"]),
            f"{one['examples']:,}",
            f"{one['seconds']:.1f}",
            f"{one['cpu_seconds']:.1f}",
            f"{one['peak_bytes'] / 1e6:,.0f}",
            f"{one['imported_bytes'] / 1e6:,.0f}",
        )
    return table


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
