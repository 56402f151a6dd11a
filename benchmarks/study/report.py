"""Writes `STUDY.md` below its marker, and the chart; what stands above is a reader's summary."""

import dataclasses
import datetime
import os
import platform
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy
import scipy

from benchmarks.study import panels, tables
from benchmarks.study.blessings import Blessings
from benchmarks.study.chart import svg
from benchmarks.study.goals import IN_SET, goals
from benchmarks.study.scenarios import EQUAL, EXAMPLES, PREVALENCE, Scenario
from benchmarks.study.summary import Summary, error
from benchmarks.study.weak_spots import Coverage

MARKER = "<!-- `make study` writes what follows. -->"
_CHART = "study.svg"


@dataclasses.dataclass(frozen=True)
class StudyResults:
    """All results.

    Attributes:
        replications: Number of samples of each scenario.
        seed: Seed of all samples.
        seconds: Seconds that the study took.
        load_average: Load average of the last minute, at the start.
        made: Results by scenario.
        blessed: False blessings by metric and number of checkpoints.
        weak: Coverage by kind of examples.
        real: Results by run and metric.
    """

    replications: int
    seed: int
    seconds: float
    load_average: float
    made: Sequence[tuple[Scenario, Summary]]
    blessed: Sequence[Blessings]
    weak: Sequence[Coverage]
    real: Sequence[tuple[str, str, Summary]]


def write(found: StudyResults, directory: Path) -> None:
    """Replaces what is below the marker of `STUDY.md`, and the chart in ``study/`` beside it."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "STUDY.md"
    above = path.read_text().partition(MARKER)[0] if path.exists() else "# Study\n\n"
    path.write_text(above + MARKER + "\n\n" + "\n\n".join(_parts(found)) + "\n")
    chart = directory / "study" / _CHART
    chart.parent.mkdir(exist_ok=True)
    chart.write_text(svg(panels.panels(found.made, found.replications)))


def _parts(found: StudyResults) -> Iterator[str]:
    today = datetime.datetime.now(datetime.timezone.utc).date()
    cores = len(os.sched_getaffinity(0))
    yield f"## Tables of {today}"
    yield _text(
        f"{found.replications:,} samples of {EXAMPLES:,} examples for each row, {PREVALENCE:.0%} "
        f"of them positive, seed {found.seed}; {found.seconds / 60:.0f} minutes of one process on "
        f"{cores} {'core' if cores == 1 else 'cores'}, load average {found.load_average:.1f} at "
        f"the start. Python {platform.python_version()}, NumPy {numpy.__version__}, SciPy "
        f"{scipy.__version__}. Shares are percentages, with a standard error of "
        f"{100 * error(IN_SET, found.replications):.1f} at 95."
    )
    yield f"![Coverage of intervals and of the set](study/{_CHART})"
    yield "### Goals"
    yield "Within two standard errors of the simulation counts as met."
    yield tables.goals(goals(found.made, found.blessed, found.replications))
    yield "### Intervals and the set"
    yield "Qualities are in standard errors of the difference of two equal checkpoints."
    yield tables.coverage(found.made)
    yield "### Regret of the rules"
    yield _text(
        "How much worse the chosen checkpoint truly is than the truly best, on average, in "
        "standard errors of a difference. `EarliestWithin` has a margin of one of them; "
        "`SecondaryMetric` goes by the mean loss, for the mean loss by AUC."
    )
    yield tables.regret([(s, f) for s, f in found.made if s.shape != EQUAL])
    yield "### Optimism of the best value"
    yield _text(
        "How much better than the truth the best value is, on average, in standard errors of a "
        "value: on the examples it was chosen by (eval), and on as many others (test)."
    )
    yield tables.optimism(found.made)
    yield "### False blessings"
    yield "All candidates equal the baseline; the change threshold asks for a change above 0."
    yield tables.blessings(found.blessed)
    yield "### Weak spots"
    yield _text(
        "Coverage of intervals of a value and of a difference of two equal checkpoints: of all, of "
        "those without a caution, and how many have a caution."
    )
    yield tables.weak_spots(found.weak)
    if found.real:
        yield "### Real runs"
        yield _text(
            "Samples are drawn with replacement from the examples of eval and test together, at "
            "most 3,000; what a metric is on all of them is taken for the truth. Regret is in "
            "standard errors of a difference (the median of all to the best), optimism in those of "
            "a value."
        )
        yield tables.real_runs(found.real)


def _text(paragraph: str) -> str:
    return textwrap.fill(paragraph, 100)
