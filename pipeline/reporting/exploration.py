"""What a notebook explores: a run, the sweep that it ended with, and what is shown of them."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.formatting import blessing_word
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.tfma_views import TfmaResults, View, ViewError, open_sweep
from checkpoint_sweep.tfma_views.results import Which
from pipeline.config import metadata_store
from pipeline.reporting.confirmation import last_confirmation
from pipeline.reporting.run_summary import FAILED, Confirmation, Summary
from pipeline.reporting.store import Store
from pipeline.reporting.summary import summarize

SWEEP = "CheckpointSweep"
# A slice with a smaller share of the examples is too noisy to be called the worst.
LEAST_SHARE = 0.03


class NoRunError(UserError):
    """There is nothing to explore; a notebook shows the sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclasses.dataclass(frozen=True)
class Exploration:
    """A run, and the names under which its sweep has what there is to show.

    Attributes:
        root: Root of the run.
        run: Summary of the run.
        sweep: Results of the candidates of its sweep.
        chosen: Step or name of the chosen; the last step when none was eligible.
        evaluator: What the Evaluator said of the chosen, in this run or the one that pushed it.
        columns: Features by which the results are sliced, most slices first.
    """

    root: Path
    run: Summary
    sweep: TfmaResults
    chosen: Which
    evaluator: Confirmation | None
    columns: Sequence[str]

    @property
    def metric(self) -> str:
        """The metric that the sweep chose by, as TFMA names it; of a formula the first one."""
        selection = self._decision.selection
        return selection.formula.names[0] if selection.is_composite else selection.metric

    @property
    def lower_is_better(self) -> bool:
        """Of the values of that metric, as declared."""
        return self._decision.selection.direction is Direction.LOWER_IS_BETTER

    @property
    def other(self) -> Which:
        """The last checkpoint, or the first if the last was chosen."""
        steps = self.sweep.steps or self.sweep.averages
        return steps[-1] if steps[-1] != self.chosen else steps[0]

    @property
    def _decision(self) -> SweepVerdicts:
        assert self.run.sweep is not None
        return self.run.sweep.decision

    def __str__(self) -> str:
        """Says what the run was and how it ended, in two sentences."""
        return (
            f"Run {self.run.run_id} in {self.root}: {self.run.reason}\n"
            f"{blessing_word(self._decision.blessed)}: {self._decision.reason}."
        )

    def worst_slice(self, least_share: float = LEAST_SHARE) -> dict[str, str] | None:
        """Finds the slice by one feature on which the chosen is worst, if one is large enough.

        Args:
            least_share: Share of the examples that a slice must have.
        """
        output, key = self._decision.selection.output_name, self._decision.selection.sub_key
        found = []
        examples = 0.0
        for slice_key, by_output in self.sweep.metrics(self.chosen).slicing_metrics:
            values = by_output.get(output, {}).get(key, {})
            count = _number(by_output.get("", {}).get("", {}).get("example_count"))
            value = _number(values.get(self.metric))
            if not slice_key:
                examples = count
            elif len(slice_key) == 1 and value == value:
                found.append((value, count, slice_key[0]))
        large = [(v, feature) for v, count, feature in found if count >= least_share * examples]
        if not large:
            return None
        worst = max if self.lower_is_better else min
        feature, value = worst(large, key=lambda item: item[0])[1]
        return {str(feature): str(value)}


def explore(root: Path | None, run_id: str | None = None, runs: Path = Path("runs")) -> Exploration:
    """Opens a run.

    Args:
        root: Folder where the run was written; None for that of the newest run below `runs`.
        run_id: Id of one of its runs; None for the last.
        runs: Folder of the roots of runs.

    Raises:
        NoRunError: there is no such run, or it ended before its sweep did.
    """
    root = (root or last_root(runs)).resolve()
    metadata = metadata_store(root)
    if not metadata.exists():
        raise NoRunError(f"There is no run in {root}. Finish one by `make run`, or name its root.")
    try:
        run = summarize(metadata, run_id)
    except LookupError as error:
        raise NoRunError(f"{error} Finish one by `make run`, or name another.") from error
    store = Store.open(metadata)
    if run.sweep is None:
        raise NoRunError(
            f"Run {run.run_id} in {root} has nothing to show: {run.reason}{_earlier(store, run)}"
        )
    decision = run.sweep.decision
    try:
        sweep = open_sweep(run.sweep.evaluation)
    except ViewError as error:
        raise NoRunError(f"{error} The sweep says: {decision.reason}.") from error
    winner = decision.winner
    chosen: Which = (sweep.steps or sweep.averages)[-1]
    if winner is not None:
        chosen = winner.name if winner.is_average else winner.step
    model = store.outputs(store.executions(run.run_id)[SWEEP])["model"]
    evaluator = run.evaluator or last_confirmation(store, model.id)
    return Exploration(root, run, sweep, chosen, evaluator, _columns(sweep, chosen))


def last_root(runs: Path) -> Path:
    """Finds the root of the run that was written to last, of those below a folder.

    Raises:
        NoRunError: there is none.
    """
    found = [path for path in runs.resolve().glob("*/summary.json") if path.is_file()]
    if not found:
        raise NoRunError(
            f"There is no run below {runs.resolve()}. Finish one by `make run`, or name its root."
        )
    return max(found, key=lambda path: path.stat().st_mtime).parent


def if_there(view: Callable[[], View]) -> View | None:
    """Makes a view; prints a sentence where the results do not have what it shows."""
    try:
        return view()
    except ViewError as error:
        print(error)
        return None


def _earlier(store: Store, run: Summary) -> str:
    """Names the newest earlier run with a sweep."""
    runs = store.mlmd.get_contexts_by_type("pipeline_run")
    for context in sorted(runs, key=lambda c: c.id, reverse=True):
        executions = store.executions(context.name)
        if context.name != run.run_id and store.outputs(executions.get(SWEEP)):
            return f' The run before has: set run_id = "{context.name}".'
    return "" if run.state != FAILED else " Fix that, run again, and open this again."


def _columns(sweep: TfmaResults, which: Which) -> list[str]:
    slices = [key for key, _ in sweep.metrics(which).slicing_metrics if len(key) == 1]
    names = [str(feature) for ((feature, _),) in slices]
    return sorted(dict.fromkeys(names), key=lambda name: -names.count(name))


def _number(value: Any) -> float:
    found = (value or {}).get("doubleValue", "NaN")
    return float(found)
