"""The picture that `SweepResult.plot` draws; its content is tested where notebooks show it."""

import sys
from typing import Any

import pytest

from checkpoint_sweep.report.plot import PlotError, plot_verdicts

_SELECTION = {"metric": "auc", "direction": "HIGHER_IS_BETTER"}


def _verdict(step: int, **more: Any) -> dict[str, Any]:
    return {"name": f"s{step}", "step": step, "value": step / 10, "eligible": True, **more}


def test_given_axes_are_drawn_on() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    left, right = figure.subplots(1, 2)
    assert plot_verdicts([_verdict(1), _verdict(2)], _SELECTION, "s2", right) is right
    assert not left.lines
    assert right.lines[0].get_xydata().tolist() == [[1, 0.1], [2, 0.2]]
    assert right.get_legend_handles_labels()[1] == ["chosen"]


def test_without_marks_there_is_no_legend() -> None:
    pytest.importorskip("matplotlib")
    assert plot_verdicts([_verdict(1)], _SELECTION, None).get_legend() is None


def test_without_matplotlib_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PlotError, match="pip install matplotlib"):
        plot_verdicts([_verdict(1)], _SELECTION, None)
