"""Kills and interrupts `sweep` and `watch` at random moments, and starts them again.

Run by `make sweep-kills`; a few fixed seeds are part of the tests.
"""

import contextlib
import dataclasses
import json
import random
import re
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import tensorflow as tf
import typer

from checkpoint_sweep.report.document import VERDICTS_JSON
from checkpoint_sweep.sweeping.folder import FolderError, latest, numbers
from tests.support import (
    estimator_run,
    kill_checks,
    killed_sweep,
    run_outcome,
    taxi_examples,
    tfma_metrics,
    tfrecords,
    warm_pipeline,
)
from tests.support.estimator_run import EstimatorRun
from tests.support.evaluation_log import evaluations
from tests.support.killed_run import Moment
from tests.support.killed_sweep import Growing, SweepRun
from tests.support.warm_processes import Parent

COMMANDS = ("sweep", "watch")
SPLIT = "split"  # a sweep that evaluates on another split too
RUNS = "runs"  # a sweep of two runs
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
_MOST_KILLS = 6  # of one run
_AGAIN = 0.8  # how probable it is that a run that was started again is killed too
# Seconds, at most, from a file that appears to the kill. Not a share of the undisturbed run's: this
# machine may be busier or less busy by then.
_LONGEST = 0.3
_TWO_MODELS = 300  # bytes: of the weights of `estimator_run`
_PAUSE = 0.5  # seconds from one checkpoint of a run that is watched to the next
_BEFORE = re.compile(r"\.partial-|_temp$|beam-temp-|\.unfinished$|\.tmp")
_CONFIG = """
model_specs { label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "AUC" threshold {
    change_threshold { direction: HIGHER_IS_BETTER absolute { value: -9 } } } }
}
"""


@dataclasses.dataclass
class Trial:
    """One output folder, with its kills.

    Attributes:
        seed: of the trial.
        killed: the moments that were hit, and by which signal.
        saved: evaluations of checkpoints that were taken over.
        broken: promises.
    """

    seed: int
    killed: list[tuple[Moment, signal.Signals]] = dataclasses.field(default_factory=list)
    saved: int = 0
    broken: list[str] = dataclasses.field(default_factory=list)


class SweepKills:
    """Trials of one command in a folder, after one undisturbed run there.

    Args:
        folder: for everything.
        command: one of `COMMANDS`, `SPLIT` or `RUNS`.
        trained: what is swept.
        examples: serialized.
        processes: from which each run is forked.
        others: runs of other seeds that are swept with it.
    """

    def __init__(
        self,
        folder: Path,
        command: str,
        trained: EstimatorRun,
        examples: list[bytes],
        processes: Parent,
        others: Sequence[EstimatorRun] = (),
    ) -> None:
        self._folder, self._trained = folder, trained
        self._command = "sweep" if command in (SPLIT, RUNS) else command
        self._others = [str(other.model_run) for other in others]
        self._other_splits = []
        self._record = folder / "record"
        self._run = folder / "run" if command == "watch" else trained.model_run
        self._output = folder / "output"
        folder.mkdir(parents=True, exist_ok=True)
        tfrecords.write(folder / "eval.tfrecord", examples)
        if command == SPLIT:
            tfrecords.write(folder / "train.tfrecord", examples[:100])
            self._other_splits = [f"--other-split=train={folder / 'train.tfrecord'}"]
        (folder / "config.pbtxt").write_text(_CONFIG)
        self._parent = processes
        growing = self._anew()
        run = self._start(growing)
        status, self.span = run.end()
        found = list(self._wrong(status, run.output))
        assert not found, f"the undisturbed run: {found}\n" + "\n".join(run.output)
        self._undisturbed = self._outcome()

    def trial(self, seed: int, most: int = _MOST_KILLS) -> Trial:
        """Kills, starts again, and looks at what has come of it.

        Args:
            seed: decides on the moments.
            most: kills.
        """
        moments = random.Random(seed)
        trial = Trial(seed)
        growing = self._anew()
        done: set[str] = set()
        before = evaluations(self._record)
        while True:
            run = self._start(growing)
            again = not trial.killed or (len(trial.killed) < most and moments.random() < _AGAIN)
            moment = self._moment(moments) if again else None
            number = moments.choice(SIGNALS)
            ended_by = run.interrupt_at(moment, number) if moment else None
            status = run.end()[0] if ended_by is None else 0
            now = evaluations(self._record)
            if repeated := sorted(name for name in done if now[name] > before[name]):
                trial.broken.append(f"evaluated again, though complete: {repeated}")
            if moment is None or ended_by is None:
                break
            trial.killed.append((moment, number))
            trial.broken += killed_sweep.ended_wrong(run, number, ended_by)
            trial.saved += len(done)
            done, before = kill_checks.completed(self._output), now
            trial.broken += self._half_shown()
        with kill_checks.reported(trial.broken):
            trial.broken += self._wrong(status, run.output)
            trial.broken += self._deviates()
        return trial

    def _anew(self) -> Growing | None:
        """Removes what there was; a new training for what is watched."""
        shutil.rmtree(self._output, ignore_errors=True)
        self._record.unlink(missing_ok=True)
        if self._command != "watch":
            return None
        shutil.rmtree(self._run, ignore_errors=True)
        self._ended.unlink(missing_ok=True)
        return Growing(self._trained.model_run, self._run, self._ended, _PAUSE)

    @property
    def _ended(self) -> Path:
        return self._folder / "ended"

    def _start(self, growing: Growing | None) -> SweepRun:
        arguments = [
            self._command,
            str(self._run),
            *self._others,
            f"--model={self._trained.export}",
            f"--examples={self._folder / 'eval.tfrecord'}",
            f"--config={self._folder / 'config.pbtxt'}",
            "--select=auc",
            f"--output={self._output}",
            f"--memory-budget={_TWO_MODELS}",
            *self._other_splits,
        ]
        if self._command == "watch":
            arguments += [f"--until-file={self._ended}", "--every=0.1"]
        return SweepRun(self._parent, arguments, self._output, self._record, growing)

    def _moment(self, moments: random.Random) -> Moment:
        files = int(moments.random() * self.span.files)
        return Moment(self._command, seconds=moments.random() * _LONGEST, files=files)

    def _half_shown(self) -> Iterator[str]:
        """What is wrong with the last result, if there is one: it has to be whole."""
        try:
            folder = Path(latest(str(self._output)))
            run_outcome.saved_model(folder / "model")
            json.loads((folder / VERDICTS_JSON).read_text())
        except FolderError:
            return
        except (OSError, ValueError, tf.errors.OpError) as error:
            yield f"what is shown is not whole: {error}"

    def _wrong(self, status: int, shown: list[str]) -> Iterator[str]:
        """Which promises a run has broken that came to its end."""
        if status != 0:
            yield f"exit status {status}: {shown[-3:]}"
        if len(numbers(str(self._output))) != 1:
            yield f"folders are left: {numbers(str(self._output))}"
        left = [p for p in self._output.rglob("*") if _BEFORE.search(p.name)]
        if left:
            yield f"left over: {sorted(str(p.relative_to(self._output)) for p in left)}"
        if self._command == "watch":
            pinned = self._output / "pinned"
            saved = [p for p in self._run.iterdir() if p.suffix != ".meta"]
            wrong = [p.name for p in saved if not _equal(p, pinned / p.name)]
            if wrong or len(saved) != len(list(pinned.glob("model.ckpt-*"))):
                yield f"not pinned, or other than in the run: {sorted(wrong)}"

    def _outcome(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Verdicts, metrics and the weights of the chosen."""
        folder = Path(latest(str(self._output)))
        found = [*folder.glob("*step-*"), *folder.glob("splits/*/step-*")]
        metrics = {str(f.relative_to(folder)): tfma_metrics.overall(f) for f in found}
        verdicts = json.loads((folder / VERDICTS_JSON).read_text())
        return verdicts, metrics, run_outcome.saved_model(folder / "model")

    def _deviates(self) -> Iterator[str]:
        """How the outcome differs from the undisturbed run's."""
        (verdicts, metrics, model), expected = self._outcome(), self._undisturbed
        if verdicts != expected[0]:
            yield f"other verdicts: {verdicts}"
        if metrics != expected[1]:
            yield f"other metrics: {metrics}"
        if not run_outcome.same(model, expected[2]):
            yield "another model was exported"


def _equal(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def main(
    kills: Annotated[
        int, typer.Option(help="How many kills and signals of each command, at least.")
    ] = 50,
    seed: Annotated[int, typer.Option(help="The first; each trial has the next.")] = 0,
    what: Annotated[
        list[str] | None, typer.Option(help="sweep, watch, split, runs; or all.")
    ] = None,
    only: Annotated[bool, typer.Option("--only", help="Just this seed.")] = False,
    folder: Annotated[Path | None, typer.Option(help="For what is made.")] = None,
) -> None:
    """Kill and interrupt `sweep` and `watch` at random moments, and start them again.

    "split" is a sweep that evaluates on another split too, "runs" one of two runs. A line for
    each trial, with its moments and signals, and what was wrong. Exit status: 0 if every promise
    was kept.
    """
    rows, bad = [], False
    with contextlib.ExitStack() as stack:
        place = (folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))).resolve()
        examples = taxi_examples.serialized(300)
        trained = estimator_run.train(place / "trained", examples)
        processes = warm_pipeline.parent()
        for command in what or (*COMMANDS, SPLIT, RUNS):
            seeds = (2,) if command == RUNS else ()
            others = [estimator_run.train(place / f"{n}", examples, seed=n) for n in seeds]
            harness = SweepKills(place / command, command, trained, examples, processes, others)
            print(
                f"{command}: {harness.span.seconds:.1f} s, {harness.span.files} files", flush=True
            )
            trials: list[Trial] = []
            while sum(len(t.killed) for t in trials) < kills:
                trial = harness.trial(seed + len(trials))
                trials.append(trial)
                at = ", ".join(f"{moment} ({number.name})" for moment, number in trial.killed)
                said = "; ".join(trial.broken) or "kept"
                print(f"seed {trial.seed}: killed at {at}: {said}", flush=True)
                if only:
                    break
            broken = [t.seed for t in trials if t.broken]
            by_signal = Counter(number for t in trials for _, number in t.killed)
            counts = [*(by_signal[n] for n in SIGNALS), len(trials), sum(t.saved for t in trials)]
            rows.append([command, *counts, broken or "none"])
            bad |= bool(broken)
    names = " | ".join(number.name for number in SIGNALS)
    print(f"\n| command | {names} | trials | not evaluated again | broken |")
    print(f"|{'---|' * (len(SIGNALS) + 4)}")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    raise typer.Exit(bad)


if __name__ == "__main__":
    typer.run(main)
