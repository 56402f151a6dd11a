"""The content of a report, as `report.json` has it; docs/report.md explains it.

Over 300 lines: a field is declared, written and read in one place.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import (
    CandidateLabels,
    MetricName,
    SliceName,
    labelled,
    without_run,
)
from checkpoint_sweep.evaluation.results.files import PREDICTIONS_FOLDER as PREDICTIONS_FOLDER
from checkpoint_sweep.report.plots import Plot
from checkpoint_sweep.selection import metric_traits
from checkpoint_sweep.selection.formatting import half_width
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.thresholds import describe_limits
from checkpoint_sweep.selection.verdict import Verdict

VERDICTS_JSON = "verdicts.json"
REPORT_JSON = "report.json"
REPORT_HTML = "report.html"
METRICS_CSV = "metrics.csv"
TFMA_HTML = "tfma.html"
# Of the form of report.json. Readers refuse others than these.
VERSION = 2
_READ = (1, VERSION)

# A row for each slice, a number for each metric in it; None where there is none.
Table = Sequence[Sequence[float | None]]
_Fields = TypeVar("_Fields")


@dataclasses.dataclass(frozen=True)
class Candidate(CandidateLabels):
    """A checkpoint, or an average of some.

    Attributes:
        name: Name of the candidate, and of the folder of its results.
        step: Training step; the step of its newest checkpoint for an average.
        averaged: Steps of the checkpoints in an average; None for a checkpoint.
        status: Status in the ledger.
        reason: Why it has no results; None when it has.
        seconds: Wall time of its evaluation, in seconds.
        reused: Whether its results are those of an earlier sweep.
        examples: Number of examples that it was evaluated on; None if unknown.
        non_finite: Number of examples with a prediction that is not finite; None if unknown.
        verdict: Verdict of the sweep; None if unknown.
        run: Name of the run in a sweep of several; None in a sweep of one.
    """

    name: str
    step: int
    averaged: Sequence[int] | None
    status: str
    reason: str | None
    seconds: float
    reused: bool
    examples: int | None
    non_finite: int | None
    verdict: Verdict | None
    run: str | None = None

    @property
    def title(self) -> str:
        """Beginning of a sentence on the candidate."""
        return self.name if self.is_average else labelled(f"Step {self.step}", self.run)

    @property
    def short_label(self) -> str:
        """Name of the candidate where its run is said beside it."""
        return self.name if self.is_average else f"step {self.step}"

    def to_dict(self) -> Json:
        """Returns the candidate as `report.json` has it."""
        fields = without_run({key: getattr(self, key) for key in _CANDIDATE})
        return fields | {"verdict": self.verdict.to_dict() if self.verdict else None}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Candidate":
        """Returns the candidate that `to_dict` wrote."""
        verdict = content["verdict"]
        fields = {key: content[key] for key in _CANDIDATE if key not in ("label", "run")}
        return cls(
            **fields,
            run=content.get("run"),
            verdict=Verdict.from_dict(verdict) if verdict else None,
        )


_CANDIDATE = (
    *("name", "label", "run", "step", "averaged", "status", "reason"),
    *("seconds", "reused", "examples", "non_finite"),
)


@dataclasses.dataclass(frozen=True)
class Uncertainty:
    """The error of a value, or of its change against the baseline.

    Attributes:
        candidate: Name of the candidate.
        slice: Position of the slice in the report.
        metric: Position of the metric in the report.
        value: Value, or change.
        standard_error: Standard error of the value; None where it is not known.
        low: Lower end of the interval; None without one.
        high: Upper end of the interval; None without one.
        caution: Why the interval is not to be trusted; None if it is.
    """

    candidate: str
    slice: int
    metric: int
    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    caution: str | None

    @property
    def key(self) -> tuple[str, int, int]:
        """Candidate, slice and metric."""
        return self.candidate, self.slice, self.metric

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval; None without one."""
        if self.low is None or self.high is None:
            return None
        return half_width(self.value, (self.low, self.high))


@dataclasses.dataclass(frozen=True)
class ReportedThreshold:
    """A threshold on slices.

    Attributes:
        metric: Name of the metric.
        slice: Feature values of the slices; None for any value. Empty for all examples.
        kind: "value", or "change" against the baseline.
        lower: Smallest value that meets it; None for any.
        upper: Largest value that meets it; None for any.
        absolute: Bound of the change; None without one.
        relative: Bound of the change as a share of the baseline's value; None without one.
    """

    metric: str
    slice: Mapping[str, str | None]
    kind: str
    lower: float | None = None
    upper: float | None = None
    absolute: float | None = None
    relative: float | None = None

    def __str__(self) -> str:
        limits = {
            key: limit
            for key in ("lower", "upper", "absolute", "relative")
            if (limit := getattr(self, key)) is not None
        }
        return describe_limits(self.metric, self.slice, self.kind == "change", limits)


@dataclasses.dataclass(frozen=True)
class Losses:
    """Losses that the training logged for TensorBoard.

    Attributes:
        training: Pairs of step and loss.
        evaluation: Pairs of step and loss.
    """

    training: Sequence[tuple[int, float]] = ()
    evaluation: Sequence[tuple[int, float]] = ()


@dataclasses.dataclass(frozen=True)
class Disagreement:
    """An example on which the predictions of the chosen and of the baseline differ.

    Attributes:
        row: Number of the example, from 0, in the order of the files.
        key: Value of the feature that identifies it, as text; None without.
        slices: Features that are sliced by, as text.
        label: Label; None without. By output for several, as are predictions.
        chosen: Prediction of the chosen: a number, or a list of some.
        baseline: Prediction of the baseline.
        difference: Largest absolute difference of the two, over the values of an example.
    """

    row: int
    key: str | None
    slices: Mapping[str, str]
    label: Any
    chosen: Any
    baseline: Any
    difference: float


@dataclasses.dataclass(frozen=True)
class SplitValues:
    """The values of the candidates on another split.

    Attributes:
        name: Name of the split.
        examples: Number of its examples; None if unknown.
        values: Values of the candidates that have results on it, by name: for each slice of the
            report the number of each of its metrics, None where there is none.
    """

    name: str
    examples: int | None
    values: Mapping[str, Table]


@dataclasses.dataclass(frozen=True)
class Report:
    """All that a report shows.

    Attributes:
        decision: Decision of the sweep; None where it is not known.
        metrics: Names of the metrics.
        slices: Names of the slices, all examples first.
        candidates: Candidates, by step.
        values: Values of the candidates that have results, by name.
        baseline: Values of the baseline; None without one.
        intervals: Errors of those values of which they are known.
        changes: Changes against the baseline whose errors are known.
        thresholds: Thresholds of the evaluation config.
        plots: Plots of all examples, by name of the candidate.
        losses: Losses of the training.
        made: Provenance of the sweep: versions, paths and options.
        rarer_labels: Number of examples with the rarer of the labels 0 and 1, by slice; None where
            that is not known, or labels are others. Empty for none known.
        disagreements: Examples on which chosen and baseline disagree most; empty if not known.
        kinds: Kinds of the metrics, see `selection.metric_kinds`; empty where they go by names.
        splits: Values on the splits beside the one that chooses.
    """

    decision: SweepVerdicts | None
    metrics: Sequence[MetricName]
    slices: Sequence[SliceName]
    candidates: Sequence[Candidate]
    values: Mapping[str, Table]
    baseline: Table | None = None
    intervals: Sequence[Uncertainty] = ()
    changes: Sequence[Uncertainty] = ()
    thresholds: Sequence[ReportedThreshold] = ()
    plots: Mapping[str, Sequence[Plot]] = dataclasses.field(default_factory=dict)
    losses: Losses = dataclasses.field(default_factory=Losses)
    made: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    rarer_labels: Sequence[int | None] = ()
    disagreements: Sequence[Disagreement] = ()
    kinds: Sequence[str] = ()
    splits: Sequence[SplitValues] = ()

    @property
    def selected(self) -> tuple[int, int] | None:
        """Positions of the slice and the metric that candidates were chosen by; None if unknown."""
        if self.decision is None:
            return None
        selection = self.decision.selection
        if selection.metric_name not in self.metrics or selection.slice_name not in self.slices:
            return None
        return (
            self.slices.index(selection.slice_name),
            self.metrics.index(selection.metric_name),
        )

    @property
    def metric_on_slices(self) -> int:
        """Position of the metric to show by slice first: the one that decides, if it has slices.

        A formula, or a metric across slices, has one value for all: the first of its metrics.
        """
        if self.decision is None:
            return 0
        selection = self.decision.selection
        names = selection.metrics if selection.is_composite else (str(selection.metric_name),)
        places = {str(metric): place for place, metric in enumerate(self.metrics)}
        return next((places[name] for name in names if name in places), 0)

    @property
    def choosing_split(self) -> str:
        """Name of the split that chooses, or of several together; "" if it is not known."""
        return "+".join(map(str, self.made.get("example_splits") or ()))

    @property
    def chosen(self) -> Candidate | None:
        """The chosen candidate; None when none is, or it is not known."""
        name = self.decision.chosen if self.decision else None
        return next((c for c in self.candidates if c.name == name), None)

    def is_supported(self, slice_at: int, metric_at: int, value: float | None) -> bool:
        """Returns whether a value on a slice says something, see `metric_traits.is_supported`.

        Args:
            slice_at: Position of the slice.
            metric_at: Position of the metric.
            value: Value of some candidate.
        """
        rarer = self.rarer_labels[slice_at] if self.rarer_labels else None
        kind = self.kinds[metric_at] if self.kinds else self.metrics[metric_at].name
        return metric_traits.is_supported(kind, value, rarer)

    def to_dict(self) -> Json:
        """Returns the content of `report.json`."""
        decision = self.decision
        spread = decision.run_spread if decision else None
        return {
            "version": VERSION,
            "decision": {
                "chosen": decision.chosen,
                "blessed": decision.blessed,
                "reason": decision.reason,
                "best_set": [verdict.name for verdict in decision.best_set],
                "selection": decision.selection.to_dict(),
                **({"run_spread": spread.to_dict()} if spread else {}),
            }
            if decision
            else None,
            "metrics": [{"metric": str(name), **name._asdict()} for name in self.metrics],
            "slices": self.slices,
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "values": self.values,
            "baseline": self.baseline,
            "intervals": [dataclasses.asdict(interval) for interval in self.intervals],
            "changes": [dataclasses.asdict(change) for change in self.changes],
            "thresholds": [dataclasses.asdict(threshold) for threshold in self.thresholds],
            "plots": self.plots,
            "losses": dataclasses.asdict(self.losses),
            "made": self.made,
            "rarer_labels": self.rarer_labels,
            "disagreements": [dataclasses.asdict(found) for found in self.disagreements],
            "kinds": self.kinds,
            "splits": [dataclasses.asdict(split) for split in self.splits],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Report":
        """Returns the report that `to_dict` wrote; NaN and the infinities are texts in JSON.

        Raises:
            ValueError: The content is of another version.
            KeyError, TypeError: The content is no report.
        """
        if content.get("version") not in _READ:
            raise ValueError(
                f"The report is of version {content.get('version')!r}, and this library reads "
                f"version {VERSION}."
            )
        candidates = [Candidate.from_dict(candidate) for candidate in content["candidates"]]
        decision, baseline = content["decision"], content["baseline"]
        return cls(
            decision=SweepVerdicts(
                decision["chosen"],
                decision["blessed"],
                decision["reason"],
                AppliedSelection.from_dict(decision["selection"]),
                [candidate.verdict for candidate in candidates if candidate.verdict],
            )
            if decision
            else None,
            metrics=[
                MetricName(**{key: info[key] for key in MetricName._fields if key in info})
                for info in content["metrics"]
            ],
            slices=[SliceName.of(pairs) for pairs in content["slices"]],
            candidates=candidates,
            values={name: _numbers(table) for name, table in content["values"].items()},
            baseline=None if baseline is None else _numbers(baseline),
            intervals=[_known(Uncertainty, fields) for fields in content["intervals"]],
            changes=[_known(Uncertainty, fields) for fields in content["changes"]],
            thresholds=[_known(ReportedThreshold, fields) for fields in content["thresholds"]],
            plots=content["plots"],
            losses=_known(Losses, content["losses"]),
            made=content["made"],
            rarer_labels=content.get("rarer_labels", ()),
            disagreements=[_known(Disagreement, f) for f in content.get("disagreements", ())],
            kinds=content.get("kinds", ()),
            splits=[
                SplitValues(
                    split["name"],
                    split["examples"],
                    {name: _numbers(table) for name, table in split["values"].items()},
                )
                for split in content.get("splits", ())
            ],
        )


def _known(kind: type[_Fields], content: Mapping[str, Any]) -> _Fields:
    """Makes a dataclass of the fields that this version knows: later ones may add some."""
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: content[name] for name in names if name in content})


def _numbers(table: Sequence[Sequence[Any]]) -> list[list[float | None]]:
    return [[None if cell is None else float(cell) for cell in row] for row in table]
