"""What a sweep takes by size: `python -m benchmarks.sizes --help`.

Checkpoints by examples, with the taxi problem's own evaluation config: plots, and the slices of
hours and of ways to pay; and one feature of very many values. Each size is a process of its own;
its time starts when its imports are done.
"""

import dataclasses
import datetime
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.common import page
from benchmarks.common.folders import OUT
from benchmarks.common.machine import described, machine
from benchmarks.common.processes import run_module
from benchmarks.sizes.data import make_data
from benchmarks.sizes.size import Size
from checkpoint_sweep.common.errors import UserError
from pipeline.reporting.failure import fail

_SIZES = (
    Size(1, 100_000),
    Size(20, 100_000),
    Size(100, 100_000),
    Size(3, 100_000, slice_values=50_000),
    Size(20, 1_000_000),
    Size(100, 1_000_000),
)
_SMOKE = (Size(2, 1_000), Size(2, 1_000, slice_values=200))
_HEADS = (
    *("checkpoints", "examples", "slices", "groups"),
    *("seconds", "CPU seconds", "peak, MB", "of which imports, MB"),
)


def main(
    run: Annotated[
        Path | None,
        typer.Option(help="Root folder of a finished run.  [default: one of its own, made once]"),
    ] = None,
    checkpoints: Annotated[
        list[int] | None, typer.Option(help="Only sizes of this many checkpoints; repeatable.")
    ] = None,
    examples: Annotated[
        list[int] | None,
        typer.Option(help="Only sizes of this many examples; repeatable."),
    ] = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Tiny sizes: tries all the code, measures nothing.")
    ] = False,
    write: page.Write = False,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = OUT,
) -> None:
    """Measure sweeps of several sizes; results go to OUT/sizes.json."""
    console, out = Console(), out.resolve()
    if write and (smoke or checkpoints or examples):
        fail("--write is for all sizes, without --smoke, --checkpoints and --examples.", 2)
    sizes = [
        size
        for size in (_SMOKE if smoke else _SIZES)
        if size.checkpoints in (checkpoints or [size.checkpoints])
        and size.examples in (examples or [size.examples])
    ]
    started, load = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0]
    try:
        data = make_data(run, out, sizes, console)
        measured = []
        for size in sizes:
            console.print(f"{size} ...", highlight=False)
            measured.append(_measure(size, data, out))
    except UserError as error:
        fail(str(error), 1)
    console.print(_table(measured))
    path = out / "sizes.json"
    loads = (load, os.getloadavg()[0])
    content = {"machine": machine() | {"load_averages": loads}, "measurements": measured}
    path.write_text(json.dumps(content, indent=2) + "\n")
    text = f"{described(machine(), f'{started:%Y-%m-%d}', loads)}\n\n{_markdown(measured)}"
    path.with_suffix(".md").write_text(f"{text}\n")
    if write:
        page.renew_results("sizes", text)
    console.print(f"[dim]All of this as JSON: {path}[/]")


def _measure(size: Size, data: Path, out: Path) -> dict[str, Any]:
    """Measures one size; returns JSON."""
    told = dataclasses.asdict(size)
    name = "-".join(["sizes", *map(str, told.values())])
    result = out / "logs" / f"{name}.json"
    arguments = [json.dumps(told), str(data), str(result)]
    run_module("benchmarks.sizes.job", arguments, out / "logs" / f"{name}.log", str(size))
    return {**told, **json.loads(result.read_text())}


def _table(measured: list[dict[str, Any]]) -> Table:
    table = Table(title="Sweeps of the taxi problem", title_justify="left", box=None)
    for name in _HEADS:
        table.add_column(name, justify="right")
    for one in measured:
        table.add_row(*_cells(one))
    return table


def _markdown(measured: list[dict[str, Any]]) -> str:
    return page.rows(_HEADS, map(_cells, measured))


def _cells(one: dict[str, Any]) -> list[str]:
    return [
        str(one["checkpoints"]),
        f"{one['examples']:,}",
        f"{one['slices']:,}",
        str(one["groups"]),
        f"{one['seconds']:.1f}",
        f"{one['cpu_seconds']:.1f}",
        f"{one['peak_bytes'] / 1e6:,.0f}",
        f"{one['imported_bytes'] / 1e6:,.0f}",
    ]


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
