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
        "reason": "the best of the eligible",
        "missed": [],
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
    "reason": "step-2 is the best of 1 that met every threshold",
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
        "1 0.90000 missed 2 missed auc = 0.9",
        "2 0.97000 passed the best of the eligible",
        "3 – – unreadable",
        "Sweep BLESSED: step 2, auc 0.97000",
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
