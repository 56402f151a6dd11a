"""What the page says in sentences."""

import dataclasses

import pytest

from checkpoint_sweep.report.sentences import SliceValue, headline, worst_slices
from checkpoint_sweep.selection.criteria import Direction
from tests.checkpoint_sweep.report import fake_report


@pytest.mark.parametrize(
    ("direction", "label"),
    [(Direction.HIGHER_IS_BETTER, "step 300"), (Direction.LOWER_IS_BETTER, "step 100")],
)
def test_where_none_is_eligible_the_best_and_what_it_lacks_are_named(
    direction: Direction, label: str
) -> None:
    values = {100: 0.7, 200: 0.8, 300: 0.9, 400: None}
    missed = ["auc too low", "another", "a third"]
    made = fake_report.with_verdicts(
        fake_report.report(checkpoints=4, eligible=False),
        lambda candidate: {"value": values[candidate.step], "interval": None, "missed": missed},
    )
    assert made.decision is not None
    selection = dataclasses.replace(made.decision.selection, direction=direction)
    decision = dataclasses.replace(made.decision, selection=selection)
    made = dataclasses.replace(made, decision=decision)

    value = {"step 300": 0.9, "step 100": 0.7}[label]
    assert headline(made).last == (
        f"Closest: {label}, auc {value}. It did not pass: auc too low and 2 more."
    )


def test_where_no_value_is_finite_none_is_the_best() -> None:
    made = fake_report.report(checkpoints=2, eligible=False)
    made = fake_report.with_verdicts(made, lambda candidate: {"value": None})
    assert headline(made).last == ""


def test_the_worst_slices_have_their_intervals_and_why_not_to_trust_them() -> None:
    caution = "one example of the rarer label"
    made = dataclasses.replace(
        fake_report.report(checkpoints=1, slices=3),
        values={
            "step-00000100": [
                [0.9, 0.1, 900.0],
                [0.8, 0.1, 300.0],
                [0.477, 0.1, 500.0],
                [0.1, 0.1, 99.0],
            ]
        },
        intervals=[fake_report.uncertainty("step-00000100", 2, 0.477, 0.89, caution)],
    )

    few_of_a_class = dataclasses.replace(made, rarer_labels=[100, 100, 1, 1])
    assert [item.value for item in worst_slices(few_of_a_class)] == [0.8]
    assert worst_slices(made) == [
        SliceValue("trip_start_hour=0", 0.477, "0.48 ± 0.89", 500.0, caution),
        SliceValue(f"payment_type={fake_report.HOSTILE}", 0.8, "0.8", 300.0, None),
    ]
