import math
import sys
from typing import Any

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from pipeline.reporting.error_bars import error_bars
from pipeline.reporting.run_summary import Summary, SweepSummary


def _verdict(step: int, value: float | None, **more: Any) -> Verdict:
    return Verdict(f"step-{step}", step, value is not None, value, "", **more)


DECISION = SweepVerdicts(
    chosen="step-20",
    blessed=True,
    reason="",
    selection=AppliedSelection("loss", Direction.LOWER_IS_BETTER, level=0.9),
    verdicts=[
        _verdict(10, 3.0, interval=(2.5, 3.5), in_best_set=False),
        _verdict(20, 1.0, interval=(0.5, 1.5), in_best_set=True),
        _verdict(30, None),
        _verdict(30, 0.1, averaged=[20, 30]),
    ],
)
RUN = Summary("now", "complete", "", sweep=SweepSummary(DECISION, "", "", ""))


def test_the_figure_has_values_intervals_and_the_chosen() -> None:
    pytest.importorskip("matplotlib")
    (axes,) = error_bars(RUN).axes

    assert axes.lines[0].get_xydata().tolist() == [[10, 3.0], [20, 1.0]]
    labels = {c.get_label(): c for c in axes.collections}
    assert labels["chosen"].get_offsets().tolist() == [[20, 1.0]]
    assert labels["tied with the best"].get_offsets().tolist() == [[20, 1.0]]
    band = labels["90% confidence interval"].get_paths()[0].vertices[:, 1]
    assert (min(band), max(band)) == (0.5, 3.5)
    assert "lower is better" in axes.get_ylabel()
    assert not any(math.isnan(y) for _, y in axes.lines[0].get_xydata())


def test_without_matplotlib_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert "pip install matplotlib" in error_bars(RUN)
