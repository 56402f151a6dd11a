"""Compares two candidates, of one sweep or of two, metric by metric and slice by slice."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import files_below, special_file
from checkpoint_sweep.common.json_safe import Json, finite_or_none
from checkpoint_sweep.common.names import OVERALL, MetricName, SliceName
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.data_errors import in_a_sentence
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.report.sweep_result import model_names_of
from checkpoint_sweep.selection.criteria import LEVEL
from checkpoint_sweep.selection.differences import Compared, compare_values
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.selection.verdict_table import in_words
from checkpoint_sweep.sweeping import folder as folders

_OVERALL_COUNT = (OVERALL, MetricName("", "", "example_count"))
# Of the JSON: raised when a key changes its meaning or goes; keys may be added.
COMPARISON_VERSION = 1
Key = tuple[SliceName, MetricName]


class ComparisonError(UserError):
    """Nothing can be compared; the message says why."""


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the two candidates.

    Attributes:
        directory: Directory of its sweep.
        name: Name of the candidate.
        label: Name of sweep and candidate, as it is shown.
        selection: Selection of its sweep.
        verdict: Verdict of its sweep on it, in words.
        values: Values by slice and metric, as they are shown.
        replicates: Jackknife replicates of those values whose error is estimated.
    """

    directory: str
    name: str
    label: str
    selection: AppliedSelection
    verdict: str
    values: Mapping[Key, float]
    replicates: Mapping[Key, Replicates]

    @property
    def metric(self) -> MetricName:
        """The metric that its sweep chose by."""
        return self.selection.metric_name


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two candidates, and how they differ.

    Attributes:
        first: Candidate to compare.
        second: Candidate to compare it with.
        rows: Differences by metric and slice, those of the overall slice first.
        cautions: Sentence on each reason why the values may not be comparable.
        level: Level of the intervals, each on its own: of many, some miss the truth.
        of_the_sweep: Sentence on the verdicts of the sweep that both are of, which takes all its
            candidates together; "" if they are of two.
    """

    first: Side
    second: Side
    rows: Sequence[Compared]
    cautions: Sequence[str]
    level: float
    of_the_sweep: str = ""

    def to_json(self) -> Json:
        """Converts to plain data; what is not a finite number is null."""
        return {
            "version": COMPARISON_VERSION,
            **{
                key: {"sweep": side.directory, "name": side.name}
                for key, side in (("first", self.first), ("second", self.second))
            },
            "level": self.level,
            "cautions": list(self.cautions),
            "rows": [
                {**vars(row), "slice": str(row.slice), "metric": str(row.metric)}
                for row in self.rows
            ],
        }


def compare(first: str, second: str, level: float = LEVEL) -> Comparison:
    """Compares two candidates.

    Args:
        first: Folder of a sweep, for the one that it chose; with `:STEP` or `:NAME` behind it
            another checkpoint or average; `:RUN:STEP` in a sweep of several runs.
        second: Folder, with or without a candidate, as `first`.
        level: Level of the intervals.

    Raises:
        UserError: There is no such sweep or candidate, or the two have no metric in common.
    """
    if not 0.5 <= level < 1:
        raise ComparisonError(
            Words("The level", "--level"), f" is {level}; it must be at least 0.5 and below 1."
        )
    a, b = _read(first), _read(second)
    keys = [key for key in a.values if key in b.values]
    if not keys:
        raise ComparisonError(
            f"{first} and {second} have no metric in common. Compare sweeps with similar "
            "evaluation configs."
        )
    directions = {side.metric: side.selection.direction for side in (a, b)}
    same, cautions = _cautions(a, b)
    rows = [
        compare_values(
            key,
            (a.values[key], b.values[key]),
            (a.replicates.get(key), b.replicates.get(key)) if same else (None, None),
            directions.get(key[1]),
            level,
        )
        for key in keys
    ]
    rows.sort(key=lambda row: (row.slice != OVERALL, str(row.slice)))
    return Comparison(a, b, rows, cautions, level, _of_the_sweep(a, b))


def _read(given: str) -> Side:
    path, which = folders.parts(given)
    directory = folders.latest(path)
    verdicts = folders.read_verdicts(directory)
    verdict = _find(given, verdicts, which)
    results = os.path.join(directory, verdict.name)
    with in_a_sentence(f"The results in {results} cannot be read", "Sweep again."):
        if odd := special_file(files_below(results)):
            raise ValueError(f"{odd} is no regular file")
        models = model_names_of(results)
        evaluated = EvaluationMetrics(results)
        metrics = evaluated.of_model(models.candidate)
        left_out = read_replicates(results, models, evaluated)
    if not metrics:
        raise ComparisonError(
            f"{verdict.name} of {path} has no results: {verdict.reason}. Name another."
        )
    values = {
        (slice_key, metric): value
        for slice_key, by_metric in metrics.items()
        for metric, value in by_metric.items()
    }
    replicates = {key: found.own for key, found in left_out.items()}
    selection = verdicts.selection
    if selection.is_composite and verdict.value is not None:
        key = selection.slice_name, selection.metric_name
        values[key] = verdict.value
        if (known := selection.statistic.replicates(replicates)) is not None:
            replicates[key] = known
    return Side(
        directory,
        verdict.name,
        f"{path.rstrip('/')}:{_short_name(verdict)}",
        selection,
        f"{verdict.label}, {in_words(verdict, verdicts)}",
        values,
        replicates,
    )


def _of_the_sweep(a: Side, b: Side) -> str:
    if a.directory != b.directory or a.name == b.name:
        return ""
    return (
        f"The verdicts of their sweep by {a.selection}, one-sided, and at {a.selection.level:.0%} "
        f"for all its checkpoints together: {a.verdict}; {b.verdict}."
    )


def _short_name(verdict: Verdict) -> str:
    """Names a candidate as arguments do: a checkpoint by its step, an average by its name.

    In a sweep of several runs, a checkpoint is named by its run and its step.
    """
    if verdict.is_average:
        return verdict.name
    return str(verdict.step) if verdict.run is None else f"{verdict.run}:{verdict.step}"


def _find(given: str, found: SweepVerdicts, which: str | None) -> Verdict:
    if which is None:
        if found.chosen is None:
            raise ComparisonError(
                f"{given} chose none: {found.reason}. Name one of its checkpoints: "
                f"{given}:{_short_name(found.verdicts[-1])}."
            )
        which = found.chosen
    for verdict in found.verdicts:
        if which in (_short_name(verdict), verdict.name):
            return verdict
    known = map(_short_name, found.verdicts)
    raise ComparisonError(f"{given} names none of its checkpoints: {', '.join(known)}.")


def _cautions(a: Side, b: Side) -> tuple[bool, list[str]]:
    """Yields cautions if the two were not evaluated on the same examples."""
    if a.directory == b.directory:
        return True, []
    cautions = []
    buckets = _buckets(a), _buckets(b)
    counts = [finite_or_none(side.values.get(_OVERALL_COUNT)) for side in (a, b)]
    same = None not in buckets and buckets[0] == buckets[1]
    if not same:
        if counts[0] is not None and counts[1] is not None and counts[0] != counts[1]:
            why = f"{counts[0]:,.0f} and {counts[1]:,.0f} of them"
        elif None in buckets:
            why = "stock TFMA evaluated one of them, and does not record this"
        else:
            why = "their contents differ"
        word = "may not have been" if None in buckets and counts[0] == counts[1] else "were not"
        cautions.append(
            f"The two {word} evaluated on the same examples ({why}): part of each difference may "
            "come from the data, so no interval is given."
        )
    if a.metric != b.metric or a.selection.direction is not b.selection.direction:
        cautions.append(f"The first was chosen by {a.metric}, the second by {b.metric}.")
    return same, cautions


def _buckets(side: Side) -> tuple[int, ...] | None:
    """Counts the examples in each fold of the overall slice: that tells data sets apart."""
    found = [r.examples for (slice_key, _), r in side.replicates.items() if slice_key == OVERALL]
    return found[0] if found else None
