from typing import Any

import pytest

from checkpoint_sweep.selection.telling_rows import rest, telling


def _verdict(step: int, value: float | None, **more: Any) -> dict[str, Any]:
    known = {"name": f"s{step}", "step": step, "value": value, "eligible": value is not None}
    return known | {"reason": "", "missed": [], "in_best_set": None} | more


def _names(verdicts: list[Any]) -> list[str]:
    return [verdict["name"] for verdict in verdicts]


def test_of_few_verdicts_all_are_shown() -> None:
    few = [_verdict(i, i / 10) for i in range(10)]
    assert telling(few, "s9", True) == few
    assert rest(few, few) == ""


@pytest.mark.parametrize(("higher", "best"), [(True, {"s17", "s18", "s19"}), (False, {"s1", "s2"})])
def test_of_many_verdicts_the_best_by_direction_are_shown(higher: bool, best: set[str]) -> None:
    many = [_verdict(i, i / 10) for i in range(20)]
    shown = _names(telling(many, "s10", higher))
    assert len(shown) == 10
    assert best | {"s0", "s9", "s10", "s11", "s19"} <= set(shown)
    assert shown == sorted(shown, key=lambda name: int(name[1:]))


def test_the_edges_of_the_set_of_the_best_are_shown() -> None:
    many = [_verdict(i, 1 - abs(i - 20) / 100, in_best_set=12 <= i <= 30) for i in range(40)]
    assert {"s12", "s30"} <= set(_names(telling(many, "s20", True)))


def test_the_last_checkpoint_is_not_an_average() -> None:
    many = [*(_verdict(i, i / 10) for i in range(20)), _verdict(19, 0.0) | {"name": "average"}]
    many[-1]["averaged"] = [18, 19]
    assert "s19" in _names(telling(many, "s3", False))


def test_a_nan_or_a_missing_value_is_no_best() -> None:
    many = [_verdict(i, None if i % 2 else i / 10) for i in range(30)]
    shown = _names(telling(many, None, True))
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
    assert rest(verdicts, verdicts[:1]) == (
        "and 5 more: 2 worse than others beyond noise, 1 missed thresholds, 1 left out, 1 eligible"
    )
