import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.selection.verdict_table import describe_rest, rows_to_show

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


def _verdict(step: int, value: float | None, **more: Any) -> Verdict:
    verdict = Verdict(f"s{step}", step, eligible=value is not None, value=value, reason="")
    return dataclasses.replace(verdict, **more)


def _names(
    verdicts: Sequence[Verdict], chosen: str | None, direction: Direction = HIGHER
) -> list[str]:
    """The candidates in the rows that are shown."""
    selection = AppliedSelection("auc", direction)
    found = SweepVerdicts(chosen, False, "", selection, verdicts)
    return [verdict.name for verdict in rows_to_show(found)]


def test_of_few_verdicts_all_are_shown() -> None:
    few = [_verdict(i, i / 10) for i in range(20)]
    assert _names(few, "s9") == [verdict.name for verdict in few]
    assert describe_rest(few, few) == ""


@pytest.mark.parametrize(
    ("direction", "best"), [(HIGHER, {"s18", "s19", "s20"}), (LOWER, {"s1", "s2"})]
)
def test_of_many_verdicts_the_best_by_direction_are_shown(
    direction: Direction, best: set[str]
) -> None:
    many = [_verdict(i, i / 10) for i in range(21)]
    shown = _names(many, "s10", direction)
    assert len(shown) == 10
    assert best | {"s0", "s9", "s10", "s11", "s20"} <= set(shown)
    assert shown == sorted(shown, key=lambda name: int(name[1:]))


def test_the_edges_of_the_set_of_the_best_are_shown() -> None:
    many = [_verdict(i, 1 - abs(i - 20) / 100, in_best_set=12 <= i <= 30) for i in range(40)]
    assert {"s12", "s30"} <= set(_names(many, "s20"))


def test_the_last_checkpoint_is_not_an_average() -> None:
    average = _verdict(19, 0.0, name="average", averaged=[18, 19])
    many = [*(_verdict(i, i / 10) for i in range(20)), average]
    assert "s19" in _names(many, "s3", LOWER)


def test_a_nan_or_a_missing_value_is_no_best() -> None:
    many = [_verdict(i, None if i % 2 else i / 10) for i in range(30)]
    shown = _names(many, None)
    assert {"s28", "s26", "s24", "s29", "s0"} <= set(shown)


def test_the_rest_are_counted_by_their_verdict() -> None:
    verdicts = [
        _verdict(1, 0.1, in_best_set=True),
        _verdict(2, 0.1, in_best_set=False),
        _verdict(3, 0.1, in_best_set=False),
        _verdict(4, 0.1, eligible=False, missed=["auc"]),
        _verdict(5, None),
        _verdict(6, 0.1),
    ]
    assert describe_rest(verdicts, verdicts[:1]) == (
        "and 5 more: 2 significantly worse, 1 missed thresholds, 1 skipped, 1 eligible"
    )
