"""A finished sweep: what it has decided, and what lies in its folder."""

import dataclasses
import functools
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import read_text
from checkpoint_sweep.common.json_safe import OTHER_FORM
from checkpoint_sweep.common.names import OVERALL, ModelNames, SliceName
from checkpoint_sweep.report.document import REPORT_JSON, VERDICTS_JSON, Report
from checkpoint_sweep.report.plot import plot_verdicts
from checkpoint_sweep.report.rows import Row, columns, rows
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from checkpoint_sweep.evaluation.results.ledger import Entry
    from checkpoint_sweep.evaluation.results.metrics import Metrics
    from checkpoint_sweep.selection.metric_kinds import MetricKinds


class ReportError(UserError):
    """There is no sweep to report on; the message says what to pass."""


@dataclasses.dataclass(frozen=True)
class SweepResult:
    """A finished sweep; what lies in its folder is read when it is asked for.

        result = sweep("run", "export", options)
        print(result.reason, result.model)
        table = result.to_pandas()  # a row for each candidate, slice and metric
        auc = table[(table.metric == "auc") & (table.slice == "overall")]
        result.plot().figure.savefig("auc.png")

    Attributes:
        directory: Folder of its evaluation, with TFMA's results of each candidate
            (`step-00001000/`) and `ledger.json`.
        decision: Choice, and a verdict on every candidate; None where only the results were given.
        model: Folder of the chosen model as a SavedModel; None when none is eligible, or it is not
            known.
    """

    directory: str
    decision: SweepVerdicts | None
    model: str | None = None

    @property
    def chosen(self) -> str | None:
        """Name of the chosen candidate; None when none is eligible."""
        return self.decision.chosen if self.decision else None

    @property
    def winner(self) -> Verdict | None:
        """Verdict on the chosen candidate; None when none is eligible."""
        return self.decision.winner if self.decision else None

    @property
    def step(self) -> int | None:
        """Training step of the chosen candidate; None when none is eligible."""
        return self.winner.step if self.winner else None

    @property
    def run(self) -> str | None:
        """Name of the run of the chosen; None in a sweep of one run, or when none is eligible."""
        return self.winner.run if self.winner else None

    @property
    def blessed(self) -> bool:
        """Whether the chosen met thresholds that there were."""
        return self.decision is not None and self.decision.blessed

    @property
    def reason(self) -> str:
        """Why it is blessed or not, in a sentence."""
        return self.decision.reason if self.decision else "only the results were given"

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """The verdicts on all candidates, by step; empty where the decision is not known."""
        return self.decision.verdicts if self.decision else ()

    @property
    def selection(self) -> AppliedSelection | None:
        """Metric that the choice was made by, and how; None where the decision is not known."""
        return self.decision.selection if self.decision else None

    @functools.cached_property
    def evaluated(self) -> Sequence["Entry"]:
        """The ledger's entries of the candidates that have results, by step."""
        from checkpoint_sweep.evaluation.results.ledger import EntryStatus, read_ledger

        return [e for e in read_ledger(self.directory) if e.status is EntryStatus.EVALUATED]

    @functools.cached_property
    def model_name(self) -> str:
        """Name of the candidates' model spec in the results; "" when there is no baseline."""
        results = [self.results_of(entry.name) for entry in self.evaluated[:1]]
        return model_names_of(results[0]).candidate if results else ""

    @functools.cached_property
    def metrics(self) -> Mapping[str, "Metrics"]:
        """All single numbers in TFMA's results, by name of the candidate."""
        from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics

        return {
            entry.name: EvaluationMetrics(self.results_of(entry.name)).of_model(self.model_name)
            for entry in self.evaluated
        }

    @functools.cached_property
    def rarer_labels(self) -> Mapping[SliceName, int]:
        """Number of examples with the rarer of the labels 0 and 1, by slice; empty for others."""
        from checkpoint_sweep.evaluation.results.rarer_labels import read_rarer_labels

        folders = [self.results_of(entry.name) for entry in self.evaluated]
        return read_rarer_labels(folders, self.model_name)

    @functools.cached_property
    def kinds(self) -> "MetricKinds":
        """Kinds of the metrics, which all candidates have in common."""
        from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
        from checkpoint_sweep.selection.metric_kinds import MetricKinds

        folders = [self.results_of(entry.name) for entry in self.evaluated]
        return EvaluationMetrics(folders[0]).kinds if folders else MetricKinds()

    @functools.cached_property
    def report(self) -> Report:
        """All that the report shows: read, or made of the results where none was written."""
        return _read_report(self.directory, self.decision)

    def results_of(self, name: str) -> str:
        """Returns the folder of a candidate's TFMA results."""
        return os.path.join(self.directory, name)

    def metrics_by_split(self, run: str | None = None) -> Mapping[str, Mapping[int, "Metrics"]]:
        """Returns the metrics of the checkpoints on each of the other splits, by step.

        Args:
            run: Name of the run in a sweep of several; None in a sweep of one.
        """
        from checkpoint_sweep.evaluation.results.files import split_folder
        from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
        from checkpoint_sweep.report.read_results import has_results
        from checkpoint_sweep.report.read_splits import splits_of

        result = {}
        for split in splits_of(self.directory):
            of_split = split_folder(self.directory, split)
            folders = {e.step: os.path.join(of_split, e.name) for e in self.checkpoints_of(run)}
            result[split] = {
                step: EvaluationMetrics(folder).of_model(self.model_name)
                for step, folder in folders.items()
                if has_results(folder)
            }
        return result

    def checkpoints_of(self, run: str | None) -> "list[Entry]":
        """Lists the evaluated checkpoints of a run, or of the only one (None), averages aside."""
        return [e for e in self.evaluated if not e.is_average and e.run == run]

    @property
    def runs(self) -> Sequence[str | None]:
        """Names of the runs in a sweep of several; a single None in a sweep of one."""
        return list(dict.fromkeys(entry.run for entry in self.evaluated))

    def metrics_by_step(self, run: str | None = None) -> Mapping[int, "Metrics"]:
        """Returns the metrics of the checkpoints by step; averages are of no one step.

        Args:
            run: Name of the run in a sweep of several; None in a sweep of one.

        Raises:
            ReportError: There is no such run.
        """
        if run not in self.runs and self.evaluated:
            known = ", ".join(map(str, self.runs))
            raise ReportError(
                f"The sweep in {self.directory} is of several runs: {known}. Name one of them."
                if run is None
                else f"There is no run {run!r} in {self.directory}; there are: {known}."
            )
        return {entry.step: self.metrics[entry.name] for entry in self.checkpoints_of(run)}

    def to_pandas(self) -> "pd.DataFrame":
        """Returns one row for each candidate, slice and metric: the columns of `metrics.csv`."""
        import pandas as pd

        everything = pd.DataFrame.from_records(list(rows(self.report)), columns=list(Row._fields))
        return everything[columns(self.report)]

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draws the metric over the training steps with its intervals; marks chosen and best.

        Args:
            axes: Axes of matplotlib to draw on; those of a new figure if None.

        Returns:
            The axes that were drawn on, for example for `.figure.savefig(path)`.

        Raises:
            PlotError: Matplotlib is not installed.
            ReportError: The decision is not known.
        """
        if self.decision is None:
            raise ReportError(
                f"The decision of the sweep in {self.directory} is not known. Pass the directory "
                "of its blessing to read_sweep too."
            )
        return plot_verdicts(self.decision, axes)


def read_sweep(
    evaluation_uri: str | os.PathLike[str], blessing_uri: str | os.PathLike[str] | None = None
) -> SweepResult:
    """Reads a finished sweep with its report, which is made where none was written.

        table = read_sweep("runs/taxi/CheckpointSweep/evaluation/8").to_pandas()

    Args:
        evaluation_uri: Directory of a CheckpointSweep's `evaluation` artifact.
        blessing_uri: Directory of its `blessing` artifact, for the decision of a sweep that wrote
            no report; not needed otherwise.

    Raises:
        ReportError: There is no sweep, or something else or another version wrote its report.
    """
    import tensorflow as tf

    directory = os.fspath(evaluation_uri)
    try:
        decision = None if blessing_uri is None else read_verdicts(os.fspath(blessing_uri))
        report = _read_report(directory, decision)
    except (*OTHER_FORM, OSError, tf.errors.OpError) as error:
        raise ReportError(
            f"There is no sweep to read in {directory}: {error}. Pass the directory of a "
            "CheckpointSweep's evaluation artifact."
        ) from error
    result = SweepResult(directory, decision or report.decision)
    vars(result)["report"] = report  # Its cached property need not read it again.
    return result


def _read_report(directory: str, decision: SweepVerdicts | None) -> Report:
    import tensorflow as tf

    path = os.path.join(directory, REPORT_JSON)
    if tf.io.gfile.exists(path):
        return Report.from_dict(json.loads(read_text(path)))
    from checkpoint_sweep.report.gather import gather

    return gather(directory, decision)


def read_verdicts(directory: str) -> SweepVerdicts:
    """Reads `verdicts.json`.

    Args:
        directory: Folder of a blessing artifact, or of a sweep without a pipeline.

    Raises:
        OSError, tf.errors.OpError: There is no such file.
        ValueError, KeyError, TypeError: Something else wrote it.
    """
    return SweepVerdicts.from_dict(json.loads(read_text(os.path.join(directory, VERDICTS_JSON))))


def model_names_of(results: str) -> ModelNames:
    """Reads the names of the models of an evaluation from a folder of TFMA results."""
    from tensorflow_model_analysis.writers import eval_config_writer

    return ModelNames.of(eval_config_writer.load_eval_run(results)[0])


def largest_slices(all_metrics: Iterable["Metrics"], most: int) -> list[SliceName]:
    """Lists the slice of all examples, and then those with the most examples.

    Without counts of examples, those come first that are first by name.

    Args:
        all_metrics: Metrics of several candidates.
        most: Largest number of slices.
    """
    counts: dict[SliceName, float] = {}
    for by_slice in all_metrics:
        for slice_key, metrics in by_slice.items():
            count = next((v for name, v in metrics.items() if name.name == "example_count"), 0.0)
            counts[slice_key] = max(counts.get(slice_key, 0.0), count)
    return sorted(counts, key=lambda key: (key != OVERALL, -counts[key], key))[:most]
