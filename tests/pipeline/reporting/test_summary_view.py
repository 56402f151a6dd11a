import io
from pathlib import Path

import pytest
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


def _printed(width: int = 160, **changes: object) -> str:
    return " ".join(_screen(width, **changes).split())


def _screen(width: int, **changes: object) -> str:
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
    screen = Console(file=io.StringIO(), width=width)
    print_summary(Summary(**fields | changes), Path("/root/summary.json"), screen)  # type: ignore[arg-type]
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_the_verdicts_the_winner_and_the_push_are_printed() -> None:
    text = _printed()
    for part in (
        "1 0.9 missed auc = 0.9",
        "2 0.970 ± 0.010 chosen: the best value of the eligible",
        "3 – unreadable",
        "Sweep BLESSED: step 2, the best value of the eligible: auc 0.970 ± 0.010",
        "Evaluator NOT BLESSED on test, compared with /old missed auc = 0.8",
        "Pushed to /root/serving/1",
        "/root/summary.json",
    ):
        assert part in text


def test_without_an_eligible_checkpoint_the_reason_is_printed_once() -> None:
    sweep = SWEEP | {"chosen": None, "blessed": False, "reason": "none is eligible"}
    text = _printed(sweep=sweep, evaluator=None, pushed_model=None)
    assert "Sweep NOT BLESSED: none is eligible" in text
    assert "Evaluator did not run" in text
    assert "Pushed nothing. The sweep blessed nothing." in text
    assert text.count("none is eligible") == 1


def test_differences_to_the_chosen_are_printed_with_their_errors() -> None:
    last = CHECKPOINTS[2] | {
        "value": 0.95,
        "eligible": True,
        "in_best_set": False,
        "difference": {"value": -0.02, "standard_error": 0.005, "interval": [-0.03, -0.01]},
    }
    text = _printed(checkpoints=[*CHECKPOINTS[:2], last])
    assert "3 0.95 -0.020 ± 0.010 worse than others beyond noise" in text
    assert "The last, step 3, has 0.95 " in text


def _many(count: int) -> list[dict]:
    """A curve with its best in the middle, thirty around it as good, the first ten refused."""
    middle = count // 2
    return [
        {
            "name": f"step-{i}",
            "step": i * 100,
            "eligible": i >= 10,
            "value": 0.9 - abs(i - middle) * 1e-4,
            "reason": "missed auc" if i < 10 else "cannot be told from the best",
            "missed": ["auc"] if i < 10 else [],
            "interval": [0.85, 0.95],
            "in_best_set": abs(i - middle) <= 15 if i >= 10 else None,
            "difference": {
                "value": -abs(i - middle) * 1e-4,
                "standard_error": 0.001,
                "interval": [-0.01, 0.01],
            },
        }
        for i in range(count)
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_ten_of_two_hundred_checkpoints_are_printed(width: int, tmp_path: Path) -> None:
    (tmp_path / "report.html").touch()
    sweep = SWEEP | {"chosen": "step-100", "evaluation": str(tmp_path)}
    shown = _screen(width, checkpoints=_many(200), sweep=sweep)
    rows = [int(line.split()[0]) for line in shown.splitlines() if line[:5].strip().isdigit()]
    assert (
        rows == [0, 8400, 8500, 9900, 10000, 10100, 10200, 11500, 11600, 19900] or len(rows) == 10
    )
    assert {0, 9900, 10000, 10100, 19900} <= set(rows)
    assert "and 190 more: " in shown
    assert f"Report {tmp_path}/report.html" in shown
    table = shown.partition("and 190 more")[0].splitlines()
    assert max(map(len, table)) <= width
    assert len(shown.splitlines()) < 25


def test_a_report_is_named_only_where_there_is_one(tmp_path: Path) -> None:
    assert "Report" not in _printed(sweep=SWEEP | {"evaluation": str(tmp_path)})


def test_the_metrics_that_decided_are_printed_with_the_evaluators_verdict() -> None:
    text = _printed(evaluator=EVALUATOR | {"blessed": True, "words": "auc 0.96 ± 0.02"})
    assert "BLESSED on test, compared with /old: auc 0.96 ± 0.02" in text


def test_anomalies_are_printed() -> None:
    assert "anomaly fare (train): odd [0, 1)" in _printed(anomalies=["fare (train): odd [0, 1)"])


def test_an_unchanged_model_is_said_to_need_no_confirmation() -> None:
    text = _printed(evaluator=None, pushed_model=None, reason="Nothing has changed [at all].")
    assert "Evaluator did not run: there was nothing new to confirm" in text
    assert "Pushed nothing. Nothing has changed [at all]." in text


def test_the_step_that_training_continued_from_is_printed() -> None:
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


def test_an_average_is_printed_apart_from_the_checkpoint_of_its_step() -> None:
    sweep = SWEEP | {"chosen": "average-last-2", "chosen_step": 3, "averaged_steps": [2, 3]}
    checkpoints = [*CHECKPOINTS[:2], CHECKPOINTS[2] | {"value": 0.5}, AVERAGE]
    text = _printed(sweep=sweep, checkpoints=checkpoints)
    assert "step or average" in text
    assert "average-last-2 0.98 chosen: the best of the eligible" in text
    assert "The last, step 3, has 0.5" in text
