"""Kills runs of the pipeline at random moments, and starts them again until they end.

Run by `make kills`; a few fixed seeds are part of the tests.
"""

import contextlib
import dataclasses
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from tests.pipeline.tiny.command import write_data
from tests.support import kill_checks, killed_run, run_outcome, warm_pipeline
from tests.support.evaluation_log import evaluations
from tests.support.killed_run import END, START, Moment, Run, Span
from tests.support.warm_processes import Parent

_MOST_KILLS = 8  # of one root
_AGAIN = 0.85  # how probable it is that a run that was started again is killed too
# A root that begins with one of these has the checkpoints of the undisturbed run, and must come to
# its numbers. ExampleGen shuffles, and no two trainings are equal to the last bit.
_EVALUATIONS = "CheckpointSweep/evaluation"
_DETERMINED = ("CheckpointSweep", "Baseline", "Evaluator", "Pusher", END)


@dataclasses.dataclass
class Trial:
    """One root, with its kills.

    Attributes:
        seed: of the trial.
        killed: the node that each kill hit.
        planned: and the moments that they were to be at.
        saved: evaluations of checkpoints that were taken over.
        broken: promises.
    """

    seed: int
    killed: list[str] = dataclasses.field(default_factory=list)
    planned: list[Moment] = dataclasses.field(default_factory=list)
    saved: int = 0
    broken: list[str] = dataclasses.field(default_factory=list)


class Kills:
    """Trials in a folder, after one undisturbed run there.

    Args:
        folder: for everything.
        undisturbed: Process to fork that run from; None for a new interpreter, whose imports are
            what is killed before the first node.
        on_beam: Whether TFX's nodes run on Beam's own runner, as they do for users.
    """

    def __init__(
        self, folder: Path, undisturbed: Parent | None = None, on_beam: bool = True
    ) -> None:
        self._on_beam = on_beam
        self._root, self._copies, self._record = (
            folder / name for name in ("root", "copies", "record")
        )
        for left in (self._root, self._copies):
            shutil.rmtree(left, ignore_errors=True)
        self._record.unlink(missing_ok=True)
        self._data = write_data(folder / "data")
        self._parent = warm_pipeline.parent()
        run = Run(self._root, self._data, self._record, undisturbed, on_beam)
        self._spans = run.measure(self._keep)
        status = run.end()
        # Afterwards: reading the root takes what the run could use.
        found = list(kill_checks.broken(self._root, status, run.output))
        assert not found, f"the undisturbed run: {found}\n" + "\n".join(run.output)
        self._undisturbed = run_outcome.outcome(self._root)

    @property
    def spans(self) -> dict[str, Span]:
        """Of each node in the undisturbed run, in order; the first is `START`."""
        return self._spans

    def trial(self, seed: int, most: int = _MOST_KILLS) -> Trial:
        """Kills, starts again, and looks at what has come of it.

        Args:
            seed: decides on the nodes and moments.
            most: kills.
        """
        numbers = random.Random(seed)
        nodes = list(self._spans)
        trial = Trial(seed)
        node = nodes[seed % len(nodes)]
        killed_run.restore(self._copies / node if node != START else None, self._root)
        self._record.unlink(missing_ok=True)
        done = kill_checks.completed(self._root / _EVALUATIONS)
        before = evaluations(self._record)
        while True:
            # Only what is to be killed while it imports has to.
            cold = node == START and not trial.killed
            parent = None if cold else self._parent
            run = Run(self._root, self._data, self._record, parent, self._on_beam)
            again = not trial.killed or (len(trial.killed) < most and numbers.random() < _AGAIN)
            if again:
                moment = self._moment(numbers, node)
                killed = run.kill_at(moment)
            status = run.end()
            now = evaluations(self._record)
            if repeated := sorted(name for name in done if now[name] > before[name]):
                trial.broken.append(f"evaluated again, though complete: {repeated}")
            if not again or not killed:
                break
            trial.killed.append(run.node)
            trial.planned.append(moment)
            done, before = kill_checks.completed(self._root / _EVALUATIONS), now
            trial.saved += len(done) if run.node == "CheckpointSweep" else 0
            trial.broken += kill_checks.half_served(self._root)
            node = numbers.choice(nodes[max(nodes.index(run.node), 1) :])
        with kill_checks.reported(trial.broken):
            trial.broken += kill_checks.broken(self._root, status, run.output)
            trial.broken += self._deviates(trial)
        return trial

    def _keep(self, node: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            shutil.copytree(self._root, self._copies / node, symlinks=True)

    def _moment(self, numbers: random.Random, node: str) -> Moment:
        span, share = self._spans[node], numbers.random()
        if span.files and node != START and numbers.random() < 0.5:
            return Moment(node, files=1 + int(share * span.files))
        return Moment(node, seconds=share * span.seconds)

    def _deviates(self, trial: Trial) -> list[str]:
        """How the outcome differs from the undisturbed run's, where it has not trained anew."""
        if not trial.planned or trial.planned[0].node not in _DETERMINED:
            return []
        found, expected = run_outcome.outcome(self._root), self._undisturbed
        different = []
        if (found.verdicts, found.chosen) != (expected.verdicts, expected.chosen):
            different.append(f"other verdicts: {found.verdicts}")
        if found.metrics != expected.metrics:
            different.append(f"other metrics: {found.metrics}")
        if not run_outcome.same(found.pushed, expected.pushed):
            different.append("another model was pushed")
        return different


def main(
    kills: Annotated[int, typer.Option(help="How many, at least.")] = 100,
    seed: Annotated[int, typer.Option(help="The first; each root has the next.")] = 0,
    only: Annotated[bool, typer.Option("--only", help="Just this seed.")] = False,
    folder: Annotated[Path | None, typer.Option(help="For the roots.")] = None,
) -> None:
    """Kill runs of the pipeline at random moments of random nodes, and start them again.

    A line for each root, with the kills and what was wrong. Ctrl-C ends it early. Exit status: 0 if
    every promise was kept.
    """
    with contextlib.ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place.mkdir(parents=True, exist_ok=True)
        harness = Kills(place.resolve())
        for node, span in harness.spans.items():
            print(f"{node}: {span.seconds:.1f} s, {span.files} files", flush=True)
        by_node: Counter[str] = Counter()
        bad: list[int] = []
        saved = roots = 0
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        while by_node.total() < kills:
            trial = harness.trial(seed)
            by_node.update(trial.killed)
            saved, roots = saved + trial.saved, roots + 1
            what = "; ".join(trial.broken) or "kept"
            hits = zip(trial.killed, trial.planned, strict=True)
            at = ", ".join(f"{node} (at {moment})" for node, moment in hits)
            print(f"seed {seed}: killed in {at}: {what}", flush=True)
            bad += [seed] if trial.broken else []
            if only:
                break
            seed += 1
    print("\n| node | kills |\n|---|---|")
    for node in harness.spans:
        print(f"| {node} | {by_node[node]} |")
    print(
        f"\n{by_node.total()} kills of {roots} roots; evaluations that were not repeated: {saved}. "
        f"Seeds that broke a promise: {bad or 'none'}."
    )
    raise typer.Exit(bool(bad))


if __name__ == "__main__":
    typer.run(main)
