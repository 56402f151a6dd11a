"""The table of the four contenders, as Markdown, and where it stands in a page."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.common import page as page_lib
from benchmarks.side_by_side.facts import Facts
from benchmarks.side_by_side.outcome import CONTENDERS, ESTIMATOR, KERAS, SLIM, SWEEP, JobOutcome

_NAMES = {
    SLIM: "`evaluation_loop`",
    ESTIMATOR: "`train_and_evaluate`, `BestExporter`",
    KERAS: "`ModelCheckpoint`",
    SWEEP: "`watch`",
}
_SECTION = "side by side"
_NOTHING = "nothing"


def markdown(facts: Mapping[str, Facts], folder: str) -> str:
    """Formats a column for each contender, with a link to its code.

    Args:
        facts: Facts by contender.
        folder: Folder of the code, relative to the page.
    """
    heads = [f"[{_NAMES[contender]}]({folder}/{contender}.py)" for contender in CONTENDERS]
    lines = [
        [title, *(cell(facts[contender]) for contender in CONTENDERS)]
        for title, cell in ROWS.items()
    ]
    return page_lib.rows(["", *heads], lines)


def measured_on(cores: int, loads: Sequence[float]) -> str:
    """Describes the machine in a sentence.

    Args:
        cores: Number of cores that could be used.
        loads: Load averages, at the start and at the end.
    """
    first, last = loads
    return (
        f"Measured once, on {cores} cores with a load average of {first:.0f} at the start and "
        f"{last:.0f} at the end: the more it is above {cores}, the less the clock says."
    )


def replace_table(page: str, table: str) -> str:
    """Puts a table between its two marks in a page.

    Raises:
        ValueError: the page lacks them.
    """
    return page_lib.put(page, _SECTION, table)


def cells(page: str) -> dict[str, list[str]]:
    """Finds the table's cells in a page, by title of their row, in the order of `CONTENDERS`."""
    begin, end = page_lib.marks(_SECTION)
    inner = page.split(begin)[1].split(end)[0]
    rows = [line.strip("| ").split(" | ") for line in inner.splitlines() if line.startswith("|")]
    return {row[0]: row[1:] for row in rows[2:]}


def _seconds(facts: Facts) -> str:
    return f"{facts.whole.cpu_seconds:.0f} ({facts.whole.seconds:.0f})"


def _never_evaluated(facts: Facts) -> str:
    text = _missed(facts.whole.outcome)
    if facts.throttled is not None:
        text += f"; with the default `throttle_secs` {_missed(facts.throttled.outcome)}"
    return text


def _missed(outcome: JobOutcome) -> str:
    missed = outcome.never_evaluated
    return f"{len(missed)} of {len(outcome.written)}" + (" (step 0)" if missed == [0] else "")


def late(facts: Facts) -> str:
    """Says what is evaluated by who comes when training has ended."""
    if facts.late is None:
        return "it evaluates only what it trains"
    return _which(facts.late, facts.tie.written)


def again(facts: Facts) -> str:
    """Says what a second start evaluates once more."""
    return _which(facts.again, facts.tie.written)


def _which(steps: Sequence[int], of: Sequence[int]) -> str:
    if not steps:
        return _NOTHING
    if sorted(set(steps)) == sorted(of):
        return "all"
    return "the latest only" if list(steps) == [max(of)] else f"{len(set(steps))} of {len(of)}"


def forgets(facts: Facts) -> str:
    """Says what a restart forgets."""
    if facts.restart.best_is_kept:
        return _NOTHING
    return "the best so far: a worse model takes its place"


def tie(facts: Facts) -> str:
    """Says which of equal checkpoints is exported."""
    evaluated = facts.tie.evaluated
    if facts.tie.chosen == evaluated[0]:
        return "the first that it evaluated"
    return "the last" if facts.tie.chosen == evaluated[-1] else f"step {facts.tie.chosen}"


ROWS: Mapping[str, Callable[[Facts], str]] = {
    "lines of code": lambda facts: str(facts.lines),
    "seconds of CPU (of the clock)": _seconds,
    "checkpoints never evaluated": _never_evaluated,
    "metric values of each, slices included": lambda facts: str(facts.whole.outcome.values),
    "AUC of the exported model": lambda facts: f"{facts.whole.outcome.auc:.4f}",
    "evaluated, where all checkpoints are there before it starts": late,
    "evaluated again by a second start": again,
    "forgotten by a restart": forgets,
    "exported, of equal ones": tie,
}
