"""The command line of the benchmark: `python -m benchmarks.engine --help`."""

import dataclasses
import datetime
import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from benchmarks.common import machine as machine_lib
from benchmarks.common import page, source_run
from benchmarks.common.folders import OUT
from benchmarks.common.processes import RunFailedError, run_module
from benchmarks.engine import markdown, record, runner, table
from benchmarks.engine import plan as plan_lib
from benchmarks.engine.cases import CONTENDERS, ENGINE, TFMA_NEWEST_STACK, Case, Measurement
from benchmarks.engine.figures import figures
from benchmarks.engine.progress import Remaining
from benchmarks.engine.ratios import ratios
from checkpoint_sweep.common.errors import UserError
from pipeline.reporting.failure import fail


def main(
    run: Annotated[
        Path | None,
        typer.Option(help="Root folder of a finished run.  [default: one of its own, made once]"),
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Only show where the engine's time goes.")
    ] = False,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Tiny sizes: tries all the code, measures nothing.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"Only this way; repeatable. One of: {', '.join(CONTENDERS)}."),
    ] = None,
    write: page.Write = False,
    out: Annotated[Path, typer.Option(help="Folder for everything that is written.")] = OUT,
) -> None:
    """Time the engine side by side with what else there is; results go to OUT/bench.json.

    They are in OUT/bench.md too, as Markdown. With --smoke or --only they go to OUT/partial.json
    and OUT/partial.md instead. Exit status: 0 when all was measured, whether or not the targets are
    met; 1 when something failed; 2 for a wrong argument.
    """
    console = Console()
    if unknown := [contender for contender in only or () if contender not in CONTENDERS]:
        fail(f"There is no way {unknown[0]!r}; there are: {', '.join(CONTENDERS)}.", 2)
    if write and (smoke or only):
        fail("--write is for the whole benchmark, without --smoke and --only.", 2)
    plan = plan_lib.smoke() if smoke else plan_lib.full()
    if not runner.NEWEST_PYTHON.exists():
        console.print("No environment of the newest stack (make environments): it is not measured.")
        plan = plan.only(set(CONTENDERS) - {TFMA_NEWEST_STACK})
    name = "smoke" if smoke else "full"
    if only:
        plan, name = plan.only(only), f"{name}, only {', '.join(only)}"
    try:
        root = _source(run, out, console)
        data = _prepare(root, plan, out, console)
        if profile:
            _profile(Case(ENGINE, plan.sizes.large, plan.sizes.many), data, out, console)
            return
        path = out / ("bench.json" if name == "full" else "partial.json")
        failed = _measure(plan, name, root, data, path, console)
        if write and not failed:
            page.renew_results("engine", path.with_suffix(".md").read_text().strip())
    except UserError as error:
        fail(str(error), 1)
    if failed:
        raise typer.Exit(1)


def _source(run: Path | None, out: Path, console: Console) -> Path:
    """Finds the root folder of the run to take data from, which is made if none is named."""
    if run is not None:
        source_run.check(run.resolve())
        return run.resolve()
    own = (out / "run").resolve()
    if not source_run.is_finished(own):
        console.print(f"Running the pipeline once, into {own}; a few minutes ...", highlight=False)
        source_run.make(own, out.resolve() / "logs" / "pipeline.log")
    return own


def _prepare(root: Path, plan: plan_lib.BenchmarkPlan, out: Path, console: Console) -> Path:
    """Makes the data for a plan; returns their directory."""
    data = out.resolve() / "data"
    console.print(f"Preparing data from {root} ...", highlight=False)
    arguments = [
        str(root),
        str(data),
        str(plan.sizes.many),
        *map(str, sorted(plan.example_counts())),
    ]
    log = out.resolve() / "logs" / "prepare.log"
    run_module("benchmarks.engine.prepare", arguments, log, "preparing the data")
    return data


def _profile(case: Case, data: Path, out: Path, console: Console) -> None:
    """Profiles one case in a process of its own and shows the profile."""
    console.print(f"Profiling {case.contender} ...", highlight=False)
    result = out.resolve() / "profile.json"
    arguments = [json.dumps(dataclasses.asdict(case)), str(data), str(result)]
    log = out.resolve() / "logs" / "profile.log"
    run_module("benchmarks.engine.profiling", arguments, log, "the profile")
    # Only now: it imports TensorFlow.
    from benchmarks.engine.profiling import Profile, profile_table

    found = Profile(**json.loads(result.read_text()))
    console.print(table.start_up_table(case, found.start_up_parts))
    console.print(profile_table(case, found))
    console.print(f"[dim]All of this as JSON: {result}[/]")


def _measure(
    plan: plan_lib.BenchmarkPlan, name: str, root: Path, data: Path, path: Path, console: Console
) -> bool:
    """Measures everything, writes after each measurement, and prints; whether any failed."""
    measured: dict[Case, list[Measurement]] = {}
    failures: list[str] = []
    started = datetime.datetime.now(datetime.timezone.utc)
    state = record.Record(plan, name, root, started, measured, failures, os.getloadavg()[0])
    tasks = runner.interleaved(plan.repeats)
    remaining = Remaining()
    for number, task in enumerate(tasks, 1):
        case = task.case
        left = remaining.seconds(later.case for later in tasks[number - 1 :])
        console.print(
            f"[bold]{number} of {len(tasks)}[/] {case.contender}, {case.examples:,} examples, "
            f"K = {case.checkpoints} [dim](about {_duration(left)} left)[/]",
            highlight=False,
        )
        begun = time.monotonic()
        try:
            result = runner.measure(task, data, path.resolve().parent / "logs")
        except RunFailedError as error:
            failures.append(str(error))
            console.print(f"  [red]failed[/] {escape(str(error))}", highlight=False)
        else:
            measured.setdefault(case, []).append(result)
            remaining.took(case, time.monotonic() - begun)
            console.print(f"  {result.whole:.2f} s", highlight=False)
        record.write(state, path)
    found = figures(plan, measured)
    console.print()
    console.print(table.figures_table(found.values()))
    ours = found.get(Case(ENGINE, plan.sizes.small, plan.sizes.many))
    if ours and ours.start_up_parts:
        console.print(table.start_up_table(ours.case, ours.start_up_parts))
    judged = ratios(plan, found)
    console.print(table.ratios_table(judged))
    sentences = machine_lib.described(
        machine_lib.machine(), f"{started:%Y-%m-%d}", (state.load_average, os.getloadavg()[0])
    )
    text = markdown.markdown(plan, found, judged, sentences)
    path.with_suffix(".md").write_text(f"{text}\n")
    for failure in failures:
        console.print(f"[red]failed[/] {escape(failure)}", highlight=False)
    console.print(f"[dim]All of this as JSON: {path}[/]")
    return bool(failures)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def app() -> typer.Typer:
    """Makes the command."""
    result = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    result.command()(main)
    return result


if __name__ == "__main__":
    sys.exit(app()())
