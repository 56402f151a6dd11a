"""What SIDE_BY_SIDE.md says of the four contenders, found out again on a small job."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.side_by_side import facts, table
from benchmarks.side_by_side.facts import Facts, JobSize, Restart, Started
from benchmarks.side_by_side.job import Data, prepare
from benchmarks.side_by_side.lines import lines_of_code
from benchmarks.side_by_side.outcome import CONTENDERS, ESTIMATOR, KERAS, SLIM, SWEEP, JobOutcome
from pipeline.problems.problem import repository

SMALL = JobSize(40, 20)
PAGE = repository() / "benchmarks" / "SIDE_BY_SIDE.md"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return prepare(str(tmp_path_factory.mktemp("data")), 900)


@pytest.fixture(scope="module")
def found(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Facts]:
    """Facts about a contender, each found once."""
    known: dict[str, Facts] = {}

    def find(contender: str) -> Facts:
        if contender not in known:
            directory = tmp_path_factory.mktemp(contender)
            tied = facts.make_job(str(directory / "tie"), data, SMALL, learning_rate=0.0)
            tie = facts.start(contender, tied)
            known[contender] = Facts(
                facts.lines_of_contender(contender),
                tie,
                tie.outcome,
                facts.evaluated_again(contender, tied),
                None
                if contender == KERAS
                else facts.evaluated_late(contender, tied, str(directory / "late")),
                facts.restart(contender, data, SMALL, str(directory / "restart")),
                None,
            )
        return known[contender]

    return find


@pytest.mark.slow
@pytest.mark.parametrize("contender", CONTENDERS)
@pytest.mark.parametrize(
    "row",
    [
        "lines of code",
        "evaluated, where all checkpoints are there before it starts",
        "evaluated again by a second start",
        "forgotten by a restart",
        "exported, of equal ones",
    ],
)
def test_the_pages_table_is_reproduced(contender: str, row: str, found: Callable[[str], Facts]):
    said = table.cells(PAGE.read_text())[row][CONTENDERS.index(contender)]
    assert said == table.ROWS[row](found(contender))


@pytest.mark.slow
@pytest.mark.parametrize("contender", CONTENDERS)
def test_a_restart_that_forgets_exports_a_worse_model(
    contender: str, found: Callable[[str], Facts]
):
    restart = found(contender).restart
    if restart.best_is_kept:
        assert restart.after == pytest.approx(restart.before, abs=1e-6)
    else:
        assert restart.after < restart.before


@pytest.mark.slow
def test_train_and_evaluate_skips_checkpoints_by_default(data: Data, tmp_path: Path):
    job = facts.make_job(str(tmp_path), data, JobSize(30, 10))
    started = facts.start(ESTIMATOR, job, throttle_secs=600)
    assert started.outcome.evaluated == [10, 30]
    assert started.outcome.never_evaluated == [0, 20]


def test_the_page_has_every_row_and_no_other():
    assert set(table.cells(PAGE.read_text())) == set(table.ROWS)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", 0),
        ('"""Docstring."""\n\nimport os  # why\n# comment\n', 1),
        ('def f():\n    """Two\n    lines."""\n    return g(\n        1,\n    )\n', 4),
        ('x = """text\nof three\nlines"""\n', 3),
    ],
)
def test_lines_of_code_leave_out_docstrings_and_comments(source: str, lines: int):
    assert lines_of_code(source) == lines


TIED = JobOutcome([0, 10, 20], [0, 10, 20], 1, 0, 0.5)


def some_facts(**changed: object) -> Facts:
    fields = {
        "lines": 7,
        "whole": Started(1.0, 1.0, TIED),
        "tie": TIED,
        "again": [],
        "late": [0, 10, 20],
        "restart": Restart(0.9, 0.9, 20, 20),
        "throttled": None,
    }
    return Facts(**{**fields, **changed})


@pytest.mark.parametrize(
    ("words", "changed", "said"),
    [
        (table.late, {}, "all"),
        (table.late, {"late": [20]}, "the latest only"),
        (table.late, {"late": [0, 20]}, "2 of 3"),
        (table.late, {"late": []}, "nothing"),
        (table.again, {}, "nothing"),
        (table.forgets, {}, "nothing"),
        (
            table.forgets,
            {"restart": Restart(0.9, 0.4, 20, 30)},
            "the best so far: a worse model takes its place",
        ),
        (table.tie, {}, "the first that it evaluated"),
        (table.tie, {"tie": JobOutcome([0, 10, 20], [0, 10, 20], 1, 20, 0.5)}, "the last"),
    ],
)
def test_facts_are_worded(words: Callable[[Facts], str], changed: dict, said: str):
    assert words(some_facts(**changed)) == said


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="side by side: begin"):
        table.replace_table("A page.", "A table.")


def test_the_table_is_put_between_the_marks():
    page = "Before.\n<!-- side by side: begin -->\nold\n<!-- side by side: end -->\nAfter.\n"
    made = table.markdown(
        {contender: some_facts() for contender in (SLIM, ESTIMATOR, KERAS, SWEEP)}, "contenders"
    )
    put = table.replace_table(page, made)
    assert put.startswith("Before.")
    assert put.endswith("After.\n")
    assert "old" not in put
    assert table.cells(put)["lines of code"] == ["7"] * 4
