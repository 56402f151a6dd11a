"""Where prediction dominates: `python -m benchmarks.resnet --help`.

ResNet-v2-50 on the handwritten digits: the engine against `tf_slim.evaluation.evaluate_once` for
each checkpoint, and against the bare forward passes of the fused graph. Every measurement is a
process of its own; its time starts when its imports are done.
"""

import dataclasses
import datetime
import json
import os
import statistics
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
from benchmarks.resnet.data import make_job
from benchmarks.resnet.job import ResnetJob
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import write_json
from pipeline.reporting import log_filters
from pipeline.reporting.failure import fail

_CONTENDERS = ("engine", "bare_session_run", "slim_evaluate_once")
_HEADS = ("way", "whole s", "start", "steady", "finish", "ms/ex.", "MB", "accuracy")


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
    write: page.Write = False,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = OUT,
) -> None:
    """Time the engine where prediction dominates; results go to OUT/resnet.json."""
    log_filters.silence_imports()
    console, out = Console(), out.resolve()
    started, load = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0]
    try:
        job = make_job(run, out, out / "resnet", examples, batch_size, checkpoints, console)
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
    loads = (load, os.getloadavg()[0])
    text = "\n\n".join(
        [
            described(machine(), f"{started:%Y-%m-%d}", loads),
            page.rows(_HEADS, _lines(measured)),
            page.rows(["ratio", ""], [[f"`{name}`", f"{x:.2f}"] for name, x in ratios.items()]),
        ]
    )
    path = out / "resnet.json"
    path.with_suffix(".md").write_text(f"{text}\n")
    if write:
        page.renew_results("resnet", text)
    content = {
        "job": dataclasses.asdict(job),
        "machine": machine() | {"load_averages": loads},
        "ratios": ratios,
        "measurements": measured,
    }
    write_json(path, content)
    console.print(f"[dim]All of this as JSON: {path}[/]")


def _measure(
    job: ResnetJob, repeats: int, out: Path, console: Console
) -> dict[str, list[dict[str, Any]]]:
    """Measures all contenders; what is compared is measured one after the other."""
    measured: dict[str, list[dict[str, Any]]] = {contender: [] for contender in _CONTENDERS}
    for number in range(1, repeats + 1):
        for contender in _CONTENDERS:
            console.print(f"{contender}, {number} of {repeats} ...", highlight=False)
            result = out / "resnet" / f"{contender}-{number}.json"
            arguments = [contender, json.dumps(dataclasses.asdict(job)), str(result)]
            log = out / "logs" / f"resnet-{contender}-{number}.log"
            run_module("benchmarks.resnet.contenders", arguments, log, contender)
            measured[contender].append(json.loads(result.read_text()))
    return measured


def _medians(measured: dict[str, list[dict[str, Any]]], name: str) -> dict[str, float]:
    """Computes the median of a figure, by contender."""
    return {
        contender: statistics.median(run[name] for run in runs)
        for contender, runs in measured.items()
    }


def _table(job: ResnetJob, measured: dict[str, list[dict[str, Any]]]) -> Table:
    title = f"ResNet-v2-50, {job.count:,} examples, {job.last} checkpoints"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in _HEADS:
        table.add_column(name, justify="left" if name == "way" else "right", no_wrap=True)
    for cells in _lines(measured):
        table.add_row(*cells)
    return table


def _lines(measured: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    columns = ("whole", "start_up", "steady", "finish", "steady_examples", "peak_bytes", "accuracy")
    medians = {name: _medians(measured, name) for name in columns}
    lines = []
    for contender in measured:
        median_of = {name: values[contender] for name, values in medians.items()}
        lines.append(
            [
                contender,
                *(f"{median_of[name]:.1f}" for name in columns[:4]),
                f"{median_of['steady'] / median_of['steady_examples'] * 1e3:.2f}"
                if median_of["steady_examples"]
                else "",
                f"{median_of['peak_bytes'] / 1e6:,.0f}",
                f"{median_of['accuracy']:.4f}",
            ]
        )
    return lines


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
