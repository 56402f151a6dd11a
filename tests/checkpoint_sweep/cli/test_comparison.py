"""Two checkpoints side by side, on a terminal."""

import pytest

from checkpoint_sweep.cli.comparison import print_comparison
from checkpoint_sweep.common.names import OVERALL, MetricName, SliceName
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.differences import Compared
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection
from checkpoint_sweep.sweeping.compare import Comparison, Side


def test_numbers_stand_below_each_other_and_names_are_broken_at_their_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    side = Side("run-sweep", "step-00000020", "run-sweep:20", selection, "chosen", {}, {})
    rows = [
        Compared(OVERALL, MetricName("", "", "auc"), 0.95, 0.9, -0.05),
        Compared(
            SliceName.of([["payment", "Cash"]]), MetricName("", "", "auc"), 0.95, 1234.5, 1233.55
        ),
        Compared(OVERALL, MetricName("", "", "squared_pearson_correlation"), 0.5, 0.25, -0.25),
    ]
    print_comparison(Comparison(side, side, rows, [], 0.95), (), ())
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split() for line in lines] == [
        ["metric", "first", "second", "difference", "verdict"],
        ["auc", "0.95", "0.9", "-0.05"],
        ["auc,", "payment=Cash", "0.95", "1234", "+1234"],
        ["squared_pearson_", "0.5", "0.25", "-0.25"],
        ["correlation"],
    ]
    assert (
        len(
            {
                line.index("  verdict") if "verdict" in line else len(line.rstrip())
                for line in lines[:4]
            }
        )
        == 1
    )
