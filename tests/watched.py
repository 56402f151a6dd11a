"""Watches real trainings that delete their checkpoints, and compares with a sweep of all of them.

Run by `make watched`; a short training is part of the tests.
"""

import contextlib
import dataclasses
import json
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.common.prepared_data import newest
from benchmarks.common.processes import run_module
from checkpoint_sweep import SweepOptions, sweep
from pipeline.problems import registry
from pipeline.problems.problem import load
from tests.support import run_outcome, warm_pipeline
from tests.support.evaluation_log import LOG, evaluations
from tests.support.logged_sweep import READY, results
from tests.support.warm_processes import Process
from tests.support.watched_training import KEPT, Training, train

_STEP = "model.ckpt-*.index"


@dataclasses.dataclass
class Watched:
    """A training that was watched to its end.

    Attributes:
        saved: steps of all checkpoints that there ever were.
        lags: seconds from each being complete to the result that has it, in the order of steps.
        life: the seconds that the median checkpoint was there before it was deleted.
        sweeps: how many results there were.
        chosen: step.
        broken: promises.
    """

    saved: list[int]
    lags: list[float]
    life: float
    sweeps: int
    chosen: int | None = None
    broken: list[str] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        lags = (
            f"{statistics.median(self.lags):.1f} | {max(self.lags):.1f}" if self.lags else "- | -"
        )
        return f"{len(self.saved)} | {self.life:.1f} | {self.sweeps} | {lags} | {self.chosen}"


def watch_training(
    training: Training, examples: Sequence[str], every: float, eval_config: str
) -> Watched:
    """Trains in this process, watches in another, and then sweeps all that was ever saved.

    Args:
        training: its directory must be empty, or not there.
        examples: files to evaluate on.
        every: seconds from one look of the watch to the next.
        eval_config: a text proto.
    """
    folder = Path(training.directory)
    folder.mkdir(parents=True, exist_ok=True)
    problem = registry.get(training.problem)
    config = folder / "eval_config.pbtxt"
    config.write_text(eval_config)
    arguments: dict[str, Any] = {
        "run": str(training.run),
        "model": str(training.export),
        "examples": list(examples),
        "config": str(config),
        "select": problem.select_by,
        "schema": str(problem.schema),
        "output": str(folder / "watched"),
    }
    record, log = folder / "record", folder / "watch.log"
    until = {"until": {"file": str(training.ended)}, "every": every}
    with _watching(arguments | until, record, log) as watching:
        train(training)
        training.ended.touch()
        if watching.wait():
            return Watched([], [], 0.0, 0, broken=[f"watch: {_last_line(log)}"])
    options = {name: arguments[name] for name in ("examples", "config", "select", "schema")}
    sweep(
        str(training.aside),
        str(training.export),
        SweepOptions(**options, output=str(folder / "swept")),
    )
    return _compared(training, record)


@contextlib.contextmanager
def _watching(arguments: dict[str, Any], record: Path, log: Path) -> Iterator[Process]:
    """A process that watches, from when it is ready; it does not outlive the block."""
    given = record.with_name("arguments.json")
    given.write_text(json.dumps(arguments))
    log.touch()
    process = warm_pipeline.parent().start(
        "tests.support.logged_sweep", [str(given)], {LOG: str(record)}, log
    )
    try:
        while process.poll() is None and READY not in log.read_text().splitlines():
            time.sleep(0.1)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_line(log: Path) -> str:
    return (log.read_text().splitlines() or [""])[-1]


def _compared(training: Training, record: Path) -> Watched:
    """What the watch has missed, repeated or chosen otherwise than the sweep of all."""
    saved = {int(p.stem.rpartition("-")[2]): p.stat().st_mtime for p in _indices(training)}
    steps, logged = sorted(saved), results(record)
    first = {s: r["time"] for r in reversed(logged) for s in r["steps"]}
    waits = [saved[steps[n + KEPT]] - saved[steps[n]] for n in range(len(steps) - KEPT)]
    found = Watched(
        steps,
        [first[step] - saved[step] for step in steps if step in first],
        statistics.median(waits) if waits else 0.0,
        len(logged),
    )
    times = evaluations(record)
    if missed := [step for step in steps if not times[f"step-{step:08d}"]]:
        found.broken.append(f"never evaluated: {missed}")
    if repeated := [name for name, number in times.items() if number > 1]:
        found.broken.append(f"evaluated again: {sorted(repeated)}")
    folders = (newest(Path(training.directory, name)) for name in ("watched", "swept"))
    one, other = (_outcome(folder) for folder in folders)
    chosen = [v["step"] for v in one[0]["checkpoints"] if v["name"] == one[0]["chosen"]]
    found.chosen = chosen[0] if chosen else None
    if one[0] != other[0]:
        found.broken.append(f"the sweep of all says otherwise: {other[0]['reason']}")
    if not run_outcome.same(one[1], other[1]):
        found.broken.append("the sweep of all has exported other weights")
    return found


def _indices(training: Training) -> list[Path]:
    return list(training.aside.glob(_STEP))


def _outcome(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    verdicts = json.loads((folder / "verdicts.json").read_text())
    model = run_outcome.saved_model(folder / "model") if verdicts["chosen"] else {}
    return verdicts, model


def _training(problem: str, source: Path, folder: Path, steps: int, every: int) -> Training:
    """A training of a problem on what a finished run of the pipeline has prepared."""
    if not registry.get(problem).preprocessing_fn:
        (generator,) = source.glob("*ExampleGen")
        return Training(
            problem, str(newest(generator / "examples")), None, steps, every, str(folder)
        )
    transform = source / "Transform"
    return Training(
        problem,
        str(newest(transform / "transformed_examples")),
        str(newest(transform / "transform_graph")),
        steps,
        every,
        str(folder),
    )


def main(
    problem: Annotated[list[str] | None, typer.Option(help="Problems to train.")] = None,
    steps: Annotated[int, typer.Option(help="Training steps.")] = 4000,
    checkpoint_steps: Annotated[int, typer.Option(help="From one checkpoint to the next.")] = 100,
    every: Annotated[float, typer.Option(help="Seconds from one look to the next.")] = 5.0,
    source: Annotated[Path | None, typer.Option(help="Finished runs, a folder for each.")] = None,
    folder: Annotated[Path | None, typer.Option(help="For what is made.")] = None,
) -> None:
    """Train with few checkpoints kept, watch, and compare with a sweep of all checkpoints.

    Exit status: 0 if no checkpoint was missed or evaluated again, and the choices are equal.
    """
    bad = False
    print("| problem | checkpoints | seconds kept | results | median lag | longest lag | chosen |")
    print("|---|---|---|---|---|---|---|")
    with contextlib.ExitStack() as stack:
        place = (folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))).resolve()
        place.mkdir(parents=True, exist_ok=True)
        for name in problem or ["taxi", "digits"]:
            run = (source or place / "source").resolve() / name
            if not (run / "summary.json").exists():
                given = [f"--problem={name}", f"--root={run}", "--steps=20"]
                run_module("pipeline", [*given, "--checkpoint-steps=10"], place / name, name)
            training = _training(name, run, place / f"watch-{name}", steps, checkpoint_steps)
            (generator,) = run.glob("*ExampleGen")
            examples = [str(newest(generator / "examples"))]
            config = str(load(registry.get(name).eval_config)())
            found = watch_training(training, examples, every, config)
            print(f"| {name} | {found} |", flush=True)
            for broken in found.broken:
                print(f"{name}: {broken}", flush=True)
            bad |= bool(found.broken)
    raise typer.Exit(bad)


if __name__ == "__main__":
    typer.run(main)
