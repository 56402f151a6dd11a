import pytest

from checkpoint_sweep.common.names import OVERALL, MetricName, SliceName
from checkpoint_sweep.report.tensorboard.runs import folder_name, make_runs

COUNT = MetricName("", "", "example_count")
AUC = MetricName("", "", "auc")
CASH, CARD = SliceName.of([("pay", "Cash")]), SliceName.of([("pay", "Card")])


def _metrics(**by_slice: float) -> dict:
    return {
        where: {COUNT: count, AUC: 0.5 + count / 1000}
        for where, count in zip((OVERALL, CASH, CARD), by_slice.values(), strict=False)
    }


def test_a_run_has_every_metric_at_each_step() -> None:
    runs = make_runs(
        {20: _metrics(all=9, cash=4, card=5), 10: _metrics(all=9, cash=3, card=6)}, most=50
    )

    assert [(run.name, list(run.points)) for run in runs] == [
        ("overall", [10, 20]),
        ("pay=Card", [10, 20]),
        ("pay=Cash", [10, 20]),
    ]
    assert runs[2].points == {
        10: {"example_count": 3, "auc": 0.503},
        20: {"example_count": 4, "auc": 0.504},
    }


def test_what_says_nothing_is_left_out() -> None:
    runs = make_runs({10: _metrics(all=9, cash=4, card=float("nan"))}, 50, {CASH: 1})
    assert {run.name: list(run.points[10]) for run in runs if run.points} == {
        "overall": ["example_count", "auc"],
        "pay=Cash": ["example_count"],
        "pay=Card": [],
    }


def test_the_largest_slices_are_kept_and_without_a_number_only_all_examples() -> None:
    runs = make_runs({10: _metrics(all=9, cash=4, card=5)})
    assert [run.name for run in runs] == ["overall"]
    runs = make_runs({10: _metrics(all=9, cash=4, card=5)}, most=2)
    assert [run.name for run in runs] == ["overall", "pay=Card"]


def test_a_step_without_the_slice_has_no_point() -> None:
    runs = make_runs({10: _metrics(all=9), 20: _metrics(all=9, cash=4)}, most=50)
    assert {run.name: list(run.points) for run in runs} == {"overall": [10, 20], "pay=Cash": [20]}


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ((), "overall"),
        ((("a", "1"), ("b", "x y")), "a=1, b=x y"),
        ((("a", "../../etc"),), "a=..%2F..%2Fetc"),
        ((("a", "é*\n"),), "a=é%2A%0A"),
        ((("a", "%2F"),), "a=%252F"),
    ],
)
def test_a_slice_is_a_folder_whatever_the_data_say(where: tuple, name: str) -> None:
    assert folder_name(SliceName.of(where)) == name


def test_long_slices_have_different_folders() -> None:
    one, other = (folder_name(SliceName.of([("a", "é" * 200 + end)])) for end in "xy")
    assert one != other
    assert max(len(one.encode()), len(other.encode())) < 200
