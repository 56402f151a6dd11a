"""What whole commands take on the README's sample run: `python -m benchmarks.commands --help`."""

import dataclasses
import datetime
import json
import os
import shutil
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.commands.measuring import Taken, run
from benchmarks.common import page
from benchmarks.common.folders import OUT, REPOSITORY
from benchmarks.common.machine import described, machine
from checkpoint_sweep.common.errors import UserError
from pipeline.reporting.failure import fail

_CONFIG = "eval_config.pbtxt"
_DATA = ("--model=export", "--examples=eval.csv")
_SWEEP = ("sweep", "run", *_DATA, f"--config={_CONFIG}", "--select=auc")
# In the order of a new user, who sweeps again what has not changed.
_COMMANDS: dict[str, tuple[str, ...]] = {
    "init": ("init", *_DATA, "--label=tipped", f"--output={_CONFIG}"),
    "sweep": _SWEEP,
    "sweep, nothing new": _SWEEP,
    "compare": ("compare", "run-sweep:180", "run-sweep:360"),
}
# CPU seconds.
_TARGETS = {"sweep": 6.0, "sweep, nothing new": 3.0}
_HEADS = ("command", "seconds", "CPU seconds", "target", "")


def main(
    repeats: Annotated[int, typer.Option(help="How often to measure each command.", min=1)] = 5,
    write: page.Write = False,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = OUT,
) -> None:
    """Time commands on the README's sample run; results go to OUT/commands.json."""
    console, out = Console(), out.resolve()
    started, load = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0]
    try:
        sample = _sample(out, console)
        measured = _measure(sample, repeats, out / "logs", console)
    except UserError as error:
        fail(str(error), 1)
    loads = (load, os.getloadavg()[0])
    said = described(machine(), f"{started:%Y-%m-%d}", loads)
    text = f"{said}\n\n{page.rows(_HEADS, lines(measured))}"
    path = out / "commands.json"
    path.with_suffix(".md").write_text(f"{text}\n")
    if write:
        page.renew_results("commands", text)
    content = {
        "machine": machine() | {"load_averages": loads},
        "measurements": {
            name: [dataclasses.asdict(one) for one in runs] for name, runs in measured.items()
        },
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    console.print(f"[dim]All of this as JSON: {path}[/]")


def lines(measured: Mapping[str, Sequence[Taken]]) -> list[list[str]]:
    """Makes a row of the table for each command: medians, and whether they meet the target."""
    found = []
    for name, runs in measured.items():
        cpu = statistics.median(one.cpu_seconds for one in runs)
        seconds = statistics.median(one.seconds for one in runs)
        cells = [f"`{name}`", f"{seconds:.2f}", f"{cpu:.2f}", "", ""]
        if name in _TARGETS:
            cells[3:] = [f"≤ {_TARGETS[name]:g}", "met" if cpu <= _TARGETS[name] else "**missed**"]
        found.append(cells)
    return found


def _sample(out: Path, console: Console) -> Path:
    """Makes the sample run, once."""
    sample = out / "sample"
    if not (sample / "eval.csv").is_file():
        console.print(f"Making the sample run, into {sample} ...", highlight=False)
        shutil.rmtree(sample, ignore_errors=True)
        script = str(REPOSITORY / "scripts" / "sample_run.py")
        run([sys.executable, script, str(sample)], REPOSITORY, out / "logs" / "sample.log")
    return sample


def _measure(sample: Path, repeats: int, logs: Path, console: Console) -> dict[str, list[Taken]]:
    """Runs all commands in turn; each round starts without results."""
    measured: dict[str, list[Taken]] = {name: [] for name in _COMMANDS}
    program = str(Path(sys.executable).with_name("checkpoint-sweep"))
    for number in range(1, repeats + 1):
        (sample / _CONFIG).unlink(missing_ok=True)
        shutil.rmtree(sample / "run-sweep", ignore_errors=True)
        for name, arguments in _COMMANDS.items():
            log = logs / f"commands-{name.replace(', ', '-').replace(' ', '-')}-{number}.log"
            taken = run([program, *arguments], sample, log)
            measured[name].append(taken)
            console.print(
                f"{name}, {number} of {repeats}: {taken.seconds:.2f} s, "
                f"{taken.cpu_seconds:.2f} CPU s",
                highlight=False,
            )
    return measured


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
