import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Difference, Verdict
from pipeline.reporting.run_summary import Confirmation, Node, Summary, SweepSummary
from pipeline.reporting.summary_view import print_summary

VERDICTS = [
    Verdict(
        "step-1",
        1,
        eligible=False,
        value=0.9,
        reason="auc 0.9 is below the threshold 0.95, and 1 more threshold is missed",
        missed=["a", "b"],
    ),
    Verdict(
        "step-2",
        2,
        eligible=True,
        value=0.97,
        reason="best value among passing checkpoints",
        interval=(0.96, 0.98),
    ),
    Verdict("step-3", 3, eligible=False, value=None, reason="unreadable"),
]
EVALUATOR = Confirmation(False, ["auc = 0.8"], "", [], "/old", "/on-test")


def _sweep(folder: str = "", **changes: Any) -> SweepSummary:
    decision = SweepVerdicts(
        "step-2",
        True,
        "step 2, best value among passing checkpoints: auc 0.970 ± 0.010",
        AppliedSelection("auc", Direction.HIGHER_IS_BETTER),
        VERDICTS,
    )
    return SweepSummary(dataclasses.replace(decision, **changes), folder, "/model", "/blessing")


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
        "sweep": _sweep(),
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
        "1 0.9 auc 0.9 is below the threshold 0.95",
        "2 0.970 ± 0.010 chosen",
        "3 – unreadable",
        "Sweep BLESSED: step 2, best value among passing checkpoints: auc 0.970 ± 0.010",
        "Evaluator NOT BLESSED on test, beside the baseline auc = 0.8",
        "Baseline /old",
        "Pushed to /root/serving/1",
        "/root/summary.json",
    ):
        assert part in text


def test_without_an_eligible_checkpoint_the_reason_is_printed_once() -> None:
    sweep = _sweep(chosen=None, blessed=False, reason="none is eligible")
    text = _printed(sweep=sweep, evaluator=None, pushed_model=None)
    assert "Sweep NOT BLESSED: none is eligible" in text
    assert "Evaluator did not run" in text
    assert "Pushed nothing. The sweep blessed nothing." in text
    assert text.count("none is eligible") == 1


def test_no_word_of_the_table_is_broken_but_behind_underscores_at_80_columns() -> None:
    verdict = dataclasses.replace(
        VERDICTS[1], name="step-1234567", step=1234567, in_best_set=False, reason="x"
    )
    verdict = dataclasses.replace(
        verdict, difference=Difference(-0.0213, 0.0005, (-0.0223, -0.0203))
    )
    sweep = _sweep(
        verdicts=[VERDICTS[1], verdict],
        selection=AppliedSelection("sparse_categorical_accuracy", Direction.HIGHER_IS_BETTER),
    )
    words = _screen(80, sweep=sweep).split()
    assert {"sparse_categorical_", "accuracy"} <= set(words)
    assert {"significantly", "1234567", "-0.0213"} <= set(words)


def test_differences_to_the_chosen_are_printed_with_their_errors() -> None:
    last = dataclasses.replace(
        VERDICTS[2],
        value=0.95,
        eligible=True,
        in_best_set=False,
        difference=Difference(-0.02, 0.005, (-0.03, -0.01)),
    )
    text = _printed(sweep=_sweep(verdicts=[*VERDICTS[:2], last]))
    assert "3 0.95 -0.020 ± 0.010 significantly worse" in text
    assert "The last, step 3, has 0.95 " in text


def _many(count: int) -> list[Verdict]:
    """A curve with its best in the middle, thirty around it as good, the first ten refused."""
    middle = count // 2
    return [
        Verdict(
            f"step-{i}",
            i * 100,
            eligible=i >= 10,
            value=0.9 - abs(i - middle) * 1e-4,
            reason="missed auc" if i < 10 else "tied with the best",
            missed=["auc"] if i < 10 else [],
            interval=(0.85, 0.95),
            in_best_set=abs(i - middle) <= 15 if i >= 10 else None,
            difference=Difference(-abs(i - middle) * 1e-4, 0.001, (-0.01, 0.01)),
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_ten_of_two_hundred_checkpoints_are_printed(width: int, tmp_path: Path) -> None:
    (tmp_path / "report.html").touch()
    sweep = _sweep(str(tmp_path), chosen="step-100", verdicts=_many(200))
    shown = _screen(width, sweep=sweep)
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
    assert "Report" not in _printed(sweep=_sweep(str(tmp_path)))


def test_the_metrics_that_decided_are_printed_with_the_evaluators_verdict() -> None:
    confirmed = dataclasses.replace(EVALUATOR, blessed=True, words="auc 0.96 ± 0.02")
    text = _printed(evaluator=confirmed)
    assert "BLESSED on test, beside the baseline: auc 0.96 ± 0.02" in text


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


AVERAGE = Verdict(
    "average-last-2",
    3,
    eligible=True,
    value=0.98,
    reason="the best of the eligible",
    averaged=[2, 3],
)


def test_an_average_is_printed_apart_from_the_checkpoint_of_its_step() -> None:
    last = dataclasses.replace(VERDICTS[2], value=0.5)
    verdicts = [*VERDICTS[:2], last, AVERAGE]
    text = _printed(sweep=_sweep(chosen="average-last-2", verdicts=verdicts))
    assert "step or average" in text
    assert "average-last-2 0.98 chosen" in text
    assert "The last, step 3, has 0.5" in text
