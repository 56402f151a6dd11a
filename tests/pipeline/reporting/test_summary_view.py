import io
from pathlib import Path

from rich.console import Console

from pipeline.reporting.run_summary import Node, Summary
from pipeline.reporting.summary_view import print_summary

CHECKPOINTS = [
    {
        "name": "step-1",
        "step": 1,
        "eligible": False,
        "value": 0.9,
        "reason": "missed auc = 0.9 (lower_bound value: 0.95) and 1 more",
        "missed": ["a", "b"],
    },
    {
        "name": "step-2",
        "step": 2,
        "eligible": True,
        "value": 0.97,
        "reason": "the best value of the eligible",
        "missed": [],
        "interval": [0.96, 0.98],
    },
    {
        "name": "step-3",
        "step": 3,
        "eligible": False,
        "value": None,
        "reason": "unreadable",
        "missed": [],
    },
]
SWEEP = {
    "chosen": "step-2",
    "chosen_step": 2,
    "blessed": True,
    "reason": "step 2, the best value of the eligible: auc 0.970 ± 0.010",
    "selection": {"metric": "auc", "direction": "HIGHER_IS_BETTER"},
}
EVALUATOR = {"blessed": False, "failures": ["auc = 0.8"], "baseline_model": "/old"}


def _printed(**changes: object) -> str:
    fields = {
        "run_id": "now",
        "state": "complete",
        "reason": "because",
        "nodes": [Node("Trainer", "complete", 12.3)],
        "anomalies": [],
        "training": {"model_run": "/root/Trainer/model_run/7", "continued_from_step": None},
        "checkpoints": CHECKPOINTS,
        "sweep": SWEEP,
        "evaluator": EVALUATOR,
        "pushed_model": "/root/serving/1",
    }
    screen = Console(file=io.StringIO(), width=160)
    print_summary(Summary(**fields | changes), Path("/root/summary.json"), screen)  # type: ignore[arg-type]
    assert isinstance(screen.file, io.StringIO)
    return " ".join(screen.file.getvalue().split())


def test_it_says_what_ran_what_won_and_why() -> None:
    text = _printed()
    for part in (
        "Trainer complete 12.3",
        "1 0.90000 – missed 2 missed auc = 0.9",
        "2 0.97000 0.01000 passed the best value of the eligible",
        "3 – – – unreadable",
        "Sweep BLESSED: step 2, the best value of the eligible: auc 0.970 ± 0.010",
        "Evaluator NOT BLESSED on test, compared with /old missed auc = 0.8",
        "Pushed to /root/serving/1",
        "/root/summary.json",
    ):
        assert part in text


def test_nothing_eligible_and_nothing_pushed() -> None:
    sweep = SWEEP | {"chosen": None, "blessed": False, "reason": "none is eligible"}
    text = _printed(sweep=sweep, evaluator=None, pushed_model=None)
    assert "Sweep NOT BLESSED: none is eligible" in text
    assert "Evaluator did not run" in text
    assert "Pushed nothing. because" in text


def test_how_far_the_last_is_from_the_chosen() -> None:
    last = CHECKPOINTS[2] | {
        "value": 0.95,
        "difference": {"value": -0.02, "standard_error": 0.005, "interval": [-0.03, -0.01]},
    }
    text = _printed(checkpoints=[*CHECKPOINTS[:2], last])
    assert "The last, step 3, has 0.95000, a difference of -0.02000 ± 0.01000" in text


def test_what_the_evaluator_found() -> None:
    text = _printed(evaluator=EVALUATOR | {"blessed": True, "words": "auc 0.96 ± 0.02"})
    assert "BLESSED on test, compared with /old: auc 0.96 ± 0.02" in text


def test_anomalies_are_shown() -> None:
    assert "anomaly fare (train): odd [0, 1)" in _printed(anomalies=["fare (train): odd [0, 1)"])


def test_nothing_new() -> None:
    text = _printed(evaluator=None, pushed_model=None, reason="Nothing has changed [at all].")
    assert "Evaluator did not run: there was nothing new to confirm" in text
    assert "Pushed nothing. Nothing has changed [at all]." in text


def test_where_training_went_on() -> None:
    assert "Training" not in _printed()
    training = {"model_run": "/root/Trainer/model_run/7", "continued_from_step": 200}
    text = _printed(training=training)
    assert "Training continued from step 200, where it was interrupted" in text


AVERAGE = {
    "name": "average-last-2",
    "step": 3,
    "eligible": True,
    "value": 0.98,
    "reason": "the best of the eligible",
    "missed": [],
    "averaged": [2, 3],
}


def test_an_average_is_not_taken_for_the_checkpoint_of_its_step() -> None:
    sweep = SWEEP | {"chosen": "average-last-2", "chosen_step": 3, "averaged_steps": [2, 3]}
    checkpoints = [*CHECKPOINTS[:2], CHECKPOINTS[2] | {"value": 0.5}, AVERAGE]
    text = _printed(sweep=sweep, checkpoints=checkpoints)
    assert "step or average" in text
    assert "average-last-2 0.98000 passed the best of the eligible" in text
    won = "average-last-2, the average of the steps 2, 3, auc 0.98000 (last, step 3: 0.50000)"
    assert f"Sweep BLESSED: {won}" in text
