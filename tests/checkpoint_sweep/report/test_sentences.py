"""What the page says in sentences."""

import dataclasses

import pytest

from checkpoint_sweep.report.sentences import SliceValue, what_was_swept, worst_slices
from tests.checkpoint_sweep.report import fake_report


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
    of_ranks = dataclasses.replace(few_of_a_class, kinds=["mean_label", "", ""])
    assert [item.value for item in worst_slices(of_ranks)] == [0.477]  # Whatever its name.
    few = [item.caution for item in worst_slices(dataclasses.replace(made, rarer_labels=[20] * 4))]
    assert few == [caution]
    assert worst_slices(made) == [  # The worse half of two; the third has 99 examples.
        SliceValue("trip_start_hour=0", 0.477, "0.48 ± 0.89", 500.0, caution, None, True),
    ]


@pytest.mark.parametrize(
    ("made", "name"),
    [
        ({"pipeline": "taxi", "model_run": "/root/Trainer/model_run/2"}, "taxi"),
        ({"model_run": "/root/Trainer/model_run/2"}, "Trainer/model_run/2"),
        ({"model_run": "gs://bucket/runs/resnet/"}, "resnet"),
        ({"model_run": "7"}, "7"),
        ({}, ""),
    ],
)
def test_a_sweep_is_named_by_its_pipeline_or_its_model_run(made: dict[str, str], name: str) -> None:
    assert what_was_swept(made) == name
