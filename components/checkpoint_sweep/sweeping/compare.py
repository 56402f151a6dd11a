"""Compares two candidates, of one sweep or of two, metric by metric and slice by slice."""

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation.results.metrics import read_metrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.report.swept import full_name, model_name_of, slice_name
from checkpoint_sweep.selection.differences import Compared, compare_values
from checkpoint_sweep.selection.intervals import LEVEL
from checkpoint_sweep.selection.metric_lookup import MetricName
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.sweeping import folder as folders

_OVERALL_COUNT = ((), ("", "", "example_count"))


class ComparisonError(UserError):
    """Nothing can be compared; the message says why."""


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the two candidates.

    Attributes:
        directory: Directory of its sweep.
        name: Name of the candidate.
        label: Name of sweep and candidate, as it is shown.
        selection: Selection of its sweep, as `verdicts.json` has it.
        values: Values by slice and metric, as they are shown.
        replicates: Jackknife replicates of those values whose error is estimated.
    """

    directory: str
    name: str
    label: str
    selection: Mapping[str, Any]
    values: Mapping[tuple[str, str], float]
    replicates: Mapping[tuple[str, str], Replicates]

    @property
    def metric(self) -> str:
        """The metric that its sweep chose by, in full."""
        name: MetricName = (
            self.selection["output_name"],
            self.selection["sub_key"],
            self.selection["metric"],
        )
        return full_name(name)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two candidates, and how they differ.

    Attributes:
        first: Candidate to compare.
        second: Candidate to compare it with.
        rows: Differences by metric and slice, those of the overall slice first.
        cautions: Sentence on each reason why the values may not be comparable.
        level: Level of the intervals, each on its own: of many, some miss the truth.
    """

    first: Side
    second: Side
    rows: Sequence[Compared]
    cautions: Sequence[str]
    level: float

    def to_json(self) -> dict[str, Any]:
        """Converts to plain data; what is not a finite number is null."""
        return {
            **{
                key: {"sweep": side.directory, "name": side.name}
                for key, side in (("first", self.first), ("second", self.second))
            },
            "level": self.level,
            "cautions": list(self.cautions),
            "rows": [dataclasses.asdict(row) for row in self.rows],
        }


def compare(first: str, second: str, level: float = LEVEL) -> Comparison:
    """Compares two candidates.

    Args:
        first: Folder of a sweep, for the one that it chose; with `:STEP` or `:NAME` behind it
            another checkpoint or average.
        second: Folder, with or without a candidate, as `first`.
        level: Level of the intervals.

    Raises:
        UserError: There is no such sweep or candidate, or the two have no metric in common.
    """
    if not 0.5 <= level < 1:
        raise ComparisonError(f"The level is {level}; it must be at least 0.5 and below 1.")
    a, b = _read(first), _read(second)
    keys = [key for key in a.values if key in b.values]
    if not keys:
        raise ComparisonError(
            f"{first} and {second} have no metric in common. Compare sweeps of like evaluation "
            "configs."
        )
    directions = {side.metric: side.selection["direction"] == "HIGHER_IS_BETTER" for side in (a, b)}
    same, cautions = _cautions(a, b)
    rows = [
        compare_values(
            where,
            metric,
            (a.values[where, metric], b.values[where, metric]),
            (a.replicates.get((where, metric)), b.replicates.get((where, metric)))
            if same
            else (None, None),
            directions.get(metric),
            level,
        )
        for where, metric in keys
    ]
    rows.sort(key=lambda row: (row.slice != slice_name(()), row.slice))
    return Comparison(a, b, rows, cautions, level)


def _read(given: str) -> Side:
    path, which = _parts(given)
    directory = folders.latest(path)
    content = folders.read_verdicts(directory)
    verdict = _find(given, content, which)
    results = os.path.join(directory, verdict["name"])
    model_name = model_name_of(results)
    try:
        metrics = read_metrics(results, model_name)
        left_out = read_replicates(results, model_name)
    except (OSError, ValueError) as error:
        raise ComparisonError(
            f"The results in {results} cannot be read: {error} Sweep again."
        ) from error
    if not metrics:
        raise ComparisonError(
            f"{verdict['name']} of {path} has no results: {verdict['reason']}. Name another."
        )
    averaged = verdict.get("averaged") is not None
    return Side(
        directory,
        verdict["name"],
        f"{path.rstrip('/')}:{verdict['name'] if averaged else verdict['step']}",
        content["selection"],
        {
            (slice_name(where), full_name(metric)): value
            for where, of in metrics.items()
            for metric, value in of.items()
        },
        {
            (slice_name(where), full_name(metric)): found.own
            for (where, metric), found in left_out.items()
        },
    )


def _parts(given: str) -> tuple[str, str | None]:
    """Splits an argument into the folder of a sweep, and which of its candidates."""
    if os.path.isdir(given) or ":" not in given:
        return given, None
    path, _, which = given.rpartition(":")
    return path, which


def _find(given: str, content: Mapping[str, Any], which: str | None) -> Mapping[str, Any]:
    verdicts: list[Mapping[str, Any]] = content["checkpoints"]
    if which is None:
        if content["chosen"] is None:
            raise ComparisonError(
                f"{given} chose none: {content['reason']}. Name one of its checkpoints: "
                f"{given}:{verdicts[-1]['step']}."
            )
        which = content["chosen"]
    for verdict in verdicts:
        of_step = verdict.get("averaged") is None and str(verdict["step"]) == which
        if of_step or verdict["name"] == which:
            return verdict
    known = [str(v["step"]) if v.get("averaged") is None else str(v["name"]) for v in verdicts]
    raise ComparisonError(f"{given} names none of its checkpoints: {', '.join(known)}.")


def _cautions(a: Side, b: Side) -> tuple[bool, list[str]]:
    """Whether both were evaluated on the same examples, and what is to be said of that."""
    if a.directory == b.directory:
        return True, []
    cautions = []
    buckets = _buckets(a), _buckets(b)
    counts = [_count(side) for side in (a, b)]
    same = None not in buckets and buckets[0] == buckets[1]
    if not same:
        if counts[0] is not None and counts[1] is not None and counts[0] != counts[1]:
            why = f"{counts[0]:,.0f} and {counts[1]:,.0f} of them"
        elif None in buckets:
            why = "stock TFMA, which evaluated one of them, does not leave what would tell"
        else:
            why = "their contents differ"
        word = "may not have been" if None in buckets and counts[0] == counts[1] else "were not"
        cautions.append(
            f"The two {word} evaluated on the same examples ({why}): part of each difference may "
            "be that of the data, and no interval is given."
        )
    if a.metric != b.metric or a.selection["direction"] != b.selection["direction"]:
        cautions.append(f"The first was chosen by {a.metric}, the second by {b.metric}.")
    return same, cautions


def _buckets(side: Side) -> tuple[int, ...] | None:
    """Counts the examples in each fold of the overall slice: that tells data sets apart."""
    overall = slice_name(())
    found = [r.examples for (where, _), r in side.replicates.items() if where == overall]
    return found[0] if found else None


def _count(side: Side) -> float | None:
    where, metric = _OVERALL_COUNT
    count = side.values.get((slice_name(where), full_name(metric)))
    return count if count is not None and math.isfinite(count) else None
