"""The picture that `SweepResult.plot` draws; its content is tested where notebooks show it."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from checkpoint_sweep.common.json_safe import to_json
from checkpoint_sweep.report.plot import PlotError, plot_verdicts
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from tests.checkpoint_sweep.report import fake_report

_DOCUMENT = Path(__file__).parents[3] / "docs" / "report.md"


def _found(*steps: int, chosen: str | None = None) -> SweepVerdicts:
    verdicts = [Verdict(f"s{step}", step, True, step / 10, "") for step in steps]
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    return SweepVerdicts(chosen, True, "", selection, verdicts)


def test_given_axes_are_drawn_on() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    left, right = figure.subplots(1, 2)
    assert plot_verdicts(_found(1, 2, chosen="s2"), right) is right
    assert not left.lines
    assert right.lines[0].get_xydata().tolist() == [[1, 0.1], [2, 0.2]]
    assert right.get_legend_handles_labels()[1] == ["chosen"]


def test_without_marks_there_is_no_legend() -> None:
    pytest.importorskip("matplotlib")
    assert plot_verdicts(_found(1)).get_legend() is None


def test_without_matplotlib_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PlotError, match="pip install matplotlib"):
        plot_verdicts(_found(1))


def test_a_notebook_shows_axes_and_figure_as_pictures() -> None:
    pytest.importorskip("matplotlib")
    axes = plot_verdicts(_found(1, 2, chosen="s2"))
    formatter = DisplayFormatter()
    for shown in (axes, axes.figure):
        content, _ = formatter.format(shown)
        assert content["image/png"].startswith(b"\x89PNG")


def test_the_code_of_the_document_draws_the_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    code = re.findall(r"```python\n(.*?)```", _DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[0]
    folder = tmp_path / re.findall(r'read_sweep\("([^"]+)"\)', code)[0]
    folder.mkdir(parents=True)
    made = fake_report.report(checkpoints=3, plots=False)
    (folder / "report.json").write_text(to_json(made.to_dict()), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    names: dict = {}
    exec(code.replace("auc.plot(", "axes = auc.plot("), names)
    (bars,) = names["axes"].collections
    drawn = [tuple(segment[:, 1]) for segment in bars.get_segments()]
    intervals = [entry.interval for entry in made.decision.verdicts] if made.decision else []
    assert np.array(drawn) == pytest.approx(np.array(intervals))
