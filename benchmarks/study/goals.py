"""What the study asks for, and whether it is so."""

import dataclasses
from collections.abc import Sequence

from benchmarks.study.blessings import Blessings
from benchmarks.study.scenarios import Scenario
from benchmarks.study.summary import Summary, error
from benchmarks.study.trials import Covered

COVERAGE = (0.93, 0.97)
IN_SET = 0.95
FALSE_BLESSINGS = 0.05
_ERRORS = 2.0


@dataclasses.dataclass(frozen=True)
class Goal:
    """One of them.

    Attributes:
        name: What is to hold.
        found: What was found, in words.
        met: Whether it is met; within two standard errors of simulation counts.
    """

    name: str
    found: str
    met: bool


def goals(
    rows: Sequence[tuple[Scenario, Summary]], blessed: Sequence[Blessings], replications: int
) -> list[Goal]:
    """Judges all goals."""
    return [
        _coverage("intervals of values", [f.values for _, f in rows], replications),
        _coverage("intervals of differences", [f.differences for _, f in rows], replications),
        _in_set(rows, replications),
        _blessed([b.both_confident for b in blessed], replications),
    ]


def _coverage(what: str, found: Sequence[Covered], replications: int) -> Goal:
    shares = [covered.held / covered.made for covered in found]
    mean = sum(covered.held for covered in found) / sum(covered.made for covered in found)
    # Intervals of one sample agree: as many are independent as there are samples.
    slack = _ERRORS * error(IN_SET, replications)
    met = COVERAGE[0] - slack <= min(shares) and max(shares) <= COVERAGE[1] + slack
    words = f"{100 * mean:.1f} % of all, {100 * min(shares):.1f} to {100 * max(shares):.1f} by row"
    return Goal(f"{what} hold the truth in 93 to 97 %", words, met)


def _in_set(rows: Sequence[tuple[Scenario, Summary]], replications: int) -> Goal:
    shares = [found.best_in_set for _, found in rows]
    mean = sum(shares) / len(shares)
    met = min(shares) >= IN_SET - _ERRORS * error(IN_SET, replications)
    words = f"{100 * mean:.1f} % of all, at least {100 * min(shares):.1f} by row"
    return Goal("the truly best is in the set in at least 95 %", words, met)


def _blessed(shares: Sequence[float], replications: int) -> Goal:
    most = max(shares)
    met = most <= FALSE_BLESSINGS + _ERRORS * error(FALSE_BLESSINGS, replications)
    words = f"{100 * most:.1f} % at most by row"
    name = "false blessings by sweep and Evaluator with CONFIDENT in at most 5 %"
    return Goal(name, words, met)
