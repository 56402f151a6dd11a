"""What the page says in sentences."""

import pytest

from checkpoint_sweep.report.words import headline, worst_slices
from tests.checkpoint_sweep.report import fake_report


@pytest.mark.parametrize(
    ("direction", "label"), [("HIGHER_IS_BETTER", "step 3"), ("LOWER_IS_BETTER", "step 1")]
)
def test_where_none_is_eligible_the_best_and_what_it_lacks_are_named(
    direction: str, label: str
) -> None:
    made = fake_report.report(checkpoints=4, eligible=False)
    assert made["decision"] is not None
    made["decision"]["selection"]["direction"] = direction
    for step, (candidate, value) in enumerate(
        zip(made["candidates"], [0.7, 0.8, 0.9, None], strict=True), start=1
    ):
        candidate["label"] = f"step {step}"
        assert candidate["verdict"] is not None
        missed = [] if value is None else ["auc too low", "another", "a third"]
        candidate["verdict"].update(value=value, interval=None, missed=missed)

    value = {"step 3": 0.9, "step 1": 0.7}[label]
    assert headline(made).last == (
        f"The best by auc is {label}, with {value}. It is not eligible: auc too low and 2 more."
    )


def test_where_no_value_is_finite_none_is_the_best() -> None:
    made = fake_report.report(checkpoints=2, eligible=False)
    for candidate in made["candidates"]:
        assert candidate["verdict"] is not None
        candidate["verdict"].update(value=None)
    assert headline(made).last == ""


def test_the_worst_slices_have_their_intervals_and_why_not_to_trust_them() -> None:
    made = fake_report.report(checkpoints=1, slices=3)
    made["values"]["step-00000100"] = [
        [0.9, 0.1, 900.0],
        [0.8, 0.1, 300.0],
        [0.477, 0.1, 500.0],
        [0.1, 0.1, 99.0],
    ]
    rough = fake_report.uncertainty("step-00000100", 2, 0.477, 0.89)
    made["intervals"] = [{**rough, "caution": "one example of the rarer label"}]

    assert worst_slices(made) == [
        {
            "slice": "trip_start_hour=0",
            "value": 0.477,
            "text": "0.48 ± 0.89",
            "examples": 500.0,
            "caution": "one example of the rarer label",
        },
        {
            "slice": f"payment_type={fake_report.HOSTILE}",
            "value": 0.8,
            "text": "0.8",
            "examples": 300.0,
            "caution": None,
        },
    ]
