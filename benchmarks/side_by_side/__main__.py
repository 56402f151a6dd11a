"""The command line: `python -m benchmarks.side_by_side --help`."""

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.common import machine as machine_lib
from benchmarks.common.folders import OUT, REPOSITORY
from benchmarks.common.processes import run_module
from checkpoint_sweep.common.errors import UserError
from pipeline.reporting import log_filters
from pipeline.reporting.failure import fail

_PAGE = REPOSITORY / "benchmarks" / "SIDE_BY_SIDE.md"
_OUT = OUT / "side_by_side"


def main(
    steps: Annotated[int, typer.Option(help="Of training, in the job that is timed.")] = 4000,
    checkpoint_steps: Annotated[int, typer.Option(help="From checkpoint to checkpoint.")] = 200,
    write: Annotated[
        bool, typer.Option("--write", help="Put the table into SIDE_BY_SIDE.md.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = _OUT,
) -> None:
    """Do one job in four ways, a process each; what is found goes to OUT/side_by_side.json."""
    log_filters.silence_imports()
    # Only now: they import TensorFlow.
    from benchmarks.side_by_side import facts, table
    from benchmarks.side_by_side.job import prepare
    from benchmarks.side_by_side.outcome import CONTENDERS

    console, out = Console(), out.resolve()
    given = {
        "data": dataclasses.asdict(prepare(str(out / "data"))),
        "size": {"steps": steps, "checkpoint_steps": checkpoint_steps},
        "small": {"steps": 80, "checkpoint_steps": 20},
    }
    loads, measured = [os.getloadavg()[0]], {}
    for contender in CONTENDERS:
        console.print(f"{contender} ...", highlight=False)
        result = out / f"{contender}.json"
        arguments = [contender, json.dumps(given), str(result)]
        try:
            run_module(
                "benchmarks.side_by_side.facts", arguments, out / f"{contender}.log", contender
            )
        except UserError as error:
            fail(str(error), 1)
        measured[contender] = json.loads(result.read_text())
    loads.append(os.getloadavg()[0])
    machine = machine_lib.machine() | {"load_averages": loads}
    path = out / "side_by_side.json"
    path.write_text(json.dumps({"machine": machine, **given, "facts": measured}, indent=2) + "\n")
    found = {contender: facts.from_json(content) for contender, content in measured.items()}
    sentence = table.measured_on(machine["cores"], loads)
    console.print(
        table.markdown(found, "contenders"), highlight=False, soft_wrap=True, markup=False
    )
    console.print(sentence, highlight=False)
    if write:
        text = f"{table.markdown(found, 'side_by_side/contenders')}\n\n{sentence}"
        _PAGE.write_text(table.replace_table(_PAGE.read_text(), text))
    console.print(f"[dim]All of this as JSON: {path}[/]")


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
