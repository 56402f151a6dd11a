"""Where prediction dominates: `python -m benchmarks.resnet --help`.

ResNet-v2-50 on the handwritten digits: the engine against `tf_slim.evaluation.evaluate_once` for
each checkpoint, and against the bare forward passes of the fused graph. Every measurement is a
process of its own; its time starts when its imports are done.
"""

import dataclasses
import json
import os
import statistics
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import record
from benchmarks.resnet_job import Job, prepare
from benchmarks.runner import run_module
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import write_json
from pipeline.reporting import quiet
from pipeline.reporting.failure import fail

_OUT = Path(__file__).resolve().parent / "out"
_WAYS = ("engine", "bare_session_run", "slim_evaluate_once")


def main(
    run: Annotated[
        Path | None,
        typer.Option(help="Root folder of a run of digits_resnet.  [default: one of its own]"),
    ] = None,
    examples: Annotated[
        int, typer.Option(help="How many examples; repeated if there are fewer.")
    ] = 4000,
    checkpoints: Annotated[int, typer.Option(help="How many checkpoints, the last ones.")] = 6,
    batch_size: Annotated[int, typer.Option(help="Of all ways.")] = 250,
    repeats: Annotated[int, typer.Option(help="How often to measure each way.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = _OUT,
) -> None:
    """Time the engine where prediction dominates; results go to OUT/resnet.json."""
    quiet.before_imports()
    console, out = Console(), out.resolve()
    try:
        job = prepared(run, out, out / "resnet", examples, batch_size, checkpoints, console)
        measured = _measure(job, repeats, out, console)
    except UserError as error:
        fail(str(error), 1)
    whole, steady = _medians(measured, "whole"), _medians(measured, "steady")
    ratios = {
        "engine_over_bare": whole["engine"] / whole["bare_session_run"],
        "engine_over_bare_after_the_first_batch": steady["engine"] / steady["bare_session_run"],
        "slim_over_engine": whole["slim_evaluate_once"] / whole["engine"],
    }
    console.print(_table(job, measured))
    for name, value in ratios.items():
        console.print(f"{name.replace('_', ' ')}: {value:.2f}", highlight=False)
    path = out / "resnet.json"
    content = {
        "job": dataclasses.asdict(job),
        "machine": record.machine() | {"load_average_at_end": os.getloadavg()[0]},
        "ratios": ratios,
        "measurements": measured,
    }
    write_json(path, content)
    console.print(f"[dim]All of this as JSON: {path}[/]")


def prepared(
    run: Path | None,
    out: Path,
    directory: Path,
    count: int,
    batch_size: int,
    last: int,
    console: Console,
) -> Job:
    """The job, from a run that is made if none is named.

    Args:
        run: root folder of a run of digits_resnet; None for one in `out`.
        out: folder for everything that is written.
        directory: for the file of examples.
        count: number of examples.
        batch_size: of all ways.
        last: number of checkpoints.
        console: to say what takes long.
    """
    root = run.resolve() if run else out / "resnet_run"
    if run is None and not (root / "summary.json").is_file():
        console.print(f"Training once, into {root}; a few minutes ...", highlight=False)
        arguments = ["--problem=digits_resnet", f"--root={root}"]
        run_module("pipeline", arguments, out / "logs" / "resnet-pipeline.log", "the pipeline")
    return prepare(root, directory, count, batch_size, last)


def _measure(
    job: Job, repeats: int, out: Path, console: Console
) -> dict[str, list[dict[str, Any]]]:
    """All figures by way; what is compared is measured one after the other."""
    measured: dict[str, list[dict[str, Any]]] = {way: [] for way in _WAYS}
    for number in range(1, repeats + 1):
        for way in _WAYS:
            console.print(f"{way}, {number} of {repeats} ...", highlight=False)
            result = out / "resnet" / f"{way}-{number}.json"
            arguments = [way, json.dumps(dataclasses.asdict(job)), str(result)]
            log = out / "logs" / f"resnet-{way}-{number}.log"
            run_module("benchmarks.resnet_ways", arguments, log, way)
            measured[way].append(json.loads(result.read_text()))
    return measured


def _medians(measured: dict[str, list[dict[str, Any]]], name: str) -> dict[str, float]:
    """By way."""
    return {way: statistics.median(run[name] for run in runs) for way, runs in measured.items()}


def _table(job: Job, measured: dict[str, list[dict[str, Any]]]) -> Table:
    title = f"ResNet-v2-50, {job.count:,} examples, {job.last} checkpoints"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("way", no_wrap=True)
    for name in ("whole s", "start", "steady", "finish", "ms/ex.", "MB", "accuracy"):
        table.add_column(name, justify="right", no_wrap=True)
    columns = ("whole", "start_up", "steady", "finish", "steady_examples", "peak_bytes", "accuracy")
    medians = {name: _medians(measured, name) for name in columns}
    for way in measured:
        of = {name: values[way] for name, values in medians.items()}
        table.add_row(
            way,
            *(f"{of[name]:.1f}" for name in columns[:4]),
            f"{of['steady'] / of['steady_examples'] * 1e3:.2f}" if of["steady_examples"] else "",
            f"{of['peak_bytes'] / 1e6:,.0f}",
            f"{of['accuracy']:.4f}",
        )
    return table


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
