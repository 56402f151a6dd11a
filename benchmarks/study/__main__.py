"""The command."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.common.folders import OUT, REPOSITORY
from benchmarks.common.processes import run_module
from benchmarks.study import blessings, real_runs, report, scenarios, simulation, weak_spots
from benchmarks.study.simulated_runs import METRICS
from benchmarks.study.summary import Summary, summarize

_OUT = OUT / "study"
_CONSOLE = Console()


def main(
    replications: Annotated[int, typer.Option(help="Samples of each scenario.", min=20)] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same tables.")] = 1,
    run: Annotated[
        list[str] | None,
        typer.Option(help="taxi=FOLDER, fares=... or digits=...: a finished run; repeatable."),
    ] = None,
    directory: Annotated[Path, typer.Option(help="Where STUDY.md is written.")] = REPOSITORY
    / "benchmarks",
) -> None:
    """Simulates, and writes STUDY.md and its chart."""
    started, load_average = time.monotonic(), os.getloadavg()[0]
    real = [row for entry in run or () for row in _of_run(entry, replications, seed)]
    _say(started, "real runs")
    made = []
    for number, scenario in enumerate(scenarios.grid()):
        unit = scenarios.units(scenario.metric, scenario.correlation)
        result = simulation.simulate(scenario, unit, replications, seed + number)
        made.append((scenario, summarize(result.trials, unit, result.on_test)))
        _say(started, f"{scenario.metric}, {scenario.shape}, K = {scenario.checkpoints}")
    blessed = []
    for metric in METRICS:
        for checkpoints in (5, 20, 50):
            blessed.append(blessings.simulate(metric, checkpoints, replications, seed))
            _say(started, f"false blessings by {metric}, K = {checkpoints}")
    weak = [weak_spots.simulate(spot, replications, seed) for spot in weak_spots.spots()]
    _say(started, "weak spots")
    seconds = time.monotonic() - started
    found = report.StudyResults(
        replications, seed, seconds, load_average, made, blessed, weak, real
    )
    report.write(found, directory)
    _CONSOLE.print(f"Written to {directory / 'STUDY.md'}.")


def _of_run(entry: str, replications: int, seed: int) -> list[tuple[str, str, Summary]]:
    name, _, folder = entry.partition("=")
    if name not in real_runs.NAMES or not folder:
        raise typer.BadParameter(f"{entry}: say taxi=FOLDER, fares=FOLDER or digits=FOLDER.")
    path = _OUT / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    arguments = [folder, str(path)]
    run_module("benchmarks.study.predictions", arguments, path.with_suffix(".log"), name)
    rows = []
    for run_metric in real_runs.run_metrics(name, path):
        answer = real_runs.resample(run_metric, replications, seed)
        rows.append((name, run_metric.metric, summarize(answer.trials, answer.unit)))
    return rows


def _say(started: float, what: str) -> None:
    _CONSOLE.print(f"{time.monotonic() - started:6.0f} s  {what}", highlight=False)


if __name__ == "__main__":
    typer.run(main)
