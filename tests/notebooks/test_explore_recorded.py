"""The notebook of a run, executed on what runs of several problems, and no run, left behind."""

import re
from pathlib import Path

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.tfma_views import View
from pipeline.reporting.exploration import NoRunError
from pipeline.reporting.run_summary import Summary, SweepSummary
from pipeline.reporting.verdict_table import BEST as BEST_STYLE
from pipeline.reporting.verdict_table import (
    CHOSEN,
    IN_BEST_SET,
    NOT_ELIGIBLE,
    styled,
    verdict_table,
)
from tests.notebooks import recorded_runs
from tests.notebooks.executed import REPOSITORY
from tests.notebooks.in_process import Executed, execute
from tests.pipeline.recorded import Recorded, State

NOTEBOOK = REPOSITORY / "notebooks" / "explore_a_run.ipynb"
PROBLEMS = {
    "regression": (
        recorded_runs.REGRESSION,
        "mean_absolute_error",
        recorded_runs.regression_rows,
    ),
    "classes": (recorded_runs.MULTI_CLASS, "cross_entropy", recorded_runs.multi_class_rows),
}


@pytest.fixture(scope="module", params=PROBLEMS)
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a problem where lower is better, whose model was pushed, and after it another."""
    root = tmp_path_factory.mktemp(request.param)
    recorded, outputs = recorded_runs.record(root, *PROBLEMS[request.param])
    evaluation = root / "evaluation" / f"step-{recorded_runs.BEST:08d}"
    recorded_runs.push(recorded, outputs, str(evaluation))
    recorded.execution("CheckpointSweep", State.CACHED, "unchanged", outputs=outputs)
    return root


@pytest.fixture
def explored(root: Path, monkeypatch: pytest.MonkeyPatch) -> Executed:
    return execute(NOTEBOOK, f"root = Path({str(root)!r})", monkeypatch)


def test_all_of_it_runs(explored: Executed, root: Path) -> None:
    assert explored.error is None
    assert isinstance(explored.names.get("page"), View) is bool(explored.names["worst"])
    assert (root / "views.html").stat().st_size > 100_000


def test_the_best_by_direction_is_marked(explored: Executed) -> None:
    run = explored.names["run"]
    table = verdict_table(run)
    assert _rows(styled(run).to_html(), CHOSEN) == [str(recorded_runs.BEST)]
    assert _rows(styled(run).to_html(), BEST_STYLE) == [str(recorded_runs.BEST)]
    values = table.iloc[:, 0]
    assert values.idxmin() == str(recorded_runs.BEST)
    assert values.idxmax() == str(recorded_runs.WORST)


def test_what_is_among_the_best_and_what_is_not_eligible_is_marked() -> None:
    def verdict(step: int, eligible: bool = True, in_best_set: bool | None = True) -> Verdict:
        value = step / 10
        return Verdict(f"s{step}", step, eligible, value, "<b>", in_best_set=in_best_set)

    decision = SweepVerdicts(
        chosen="s3",
        blessed=True,
        reason="",
        selection=AppliedSelection("auc", Direction.HIGHER_IS_BETTER),
        verdicts=[
            verdict(1, eligible=False, in_best_set=None),
            verdict(2, in_best_set=False),
            verdict(3),
            verdict(4),
        ],
    )
    run = Summary("now", "complete", "", sweep=SweepSummary(decision, "", "", ""))
    html = styled(run).to_html()
    assert _rows(html, NOT_ELIGIBLE) == ["1"]
    assert _rows(html, CHOSEN) == ["3"]
    assert _rows(html, IN_BEST_SET) == _rows(html, BEST_STYLE) == ["4"]
    assert "<b>" not in html


def _rows(html: str, style: str) -> list[str]:
    """The candidates whose first cell has a style."""
    names = re.findall(r'class="row_heading level0 row\d+"[^>]*>([^<]*)<', html)
    found = {
        int(index)
        for selectors, rules in re.findall(r"([^{}]*)\{([^}]*)\}", html)
        if style in "; ".join(line.strip() for line in rules.split(";") if line.strip())
        for index in re.findall(r"row(\d+)_col0", selectors)
    }
    return [names[index] for index in sorted(found)]


def test_an_unchanged_run_is_explained_by_the_run_that_pushed(explored: Executed) -> None:
    assert explored.names["run"].run_id == "unchanged"
    assert "Nothing has changed" in explored.printed
    assert "pushed to /serving/7" in explored.printed
    assert "BLESSED on test" in explored.printed


def test_the_worst_slice_is_the_worst_by_direction(explored: Executed, root: Path) -> None:
    expected = {"area": recorded_runs.HOSTILE} if root.name.startswith("regression") else None
    assert explored.names["worst"] == expected


def _missing(root: Path) -> str:
    return "There is no run in .* Finish one by `make run`"


def _no_runs(root: Path) -> str:
    return "There is no run below .*/runs. Finish one by `make run`"


def _failed(root: Path) -> str:
    Recorded(root / "metadata.sqlite").execution("Trainer", State.FAILED)
    return "Run now in .* has nothing to show: Trainer has failed. Fix that"


def _failed_after_another(root: Path) -> str:
    recorded = Recorded(root / "metadata.sqlite")
    outputs = {"model": recorded.artifact("Model", "/model")}
    recorded.execution("CheckpointSweep", State.COMPLETE, "before", outputs=outputs)
    recorded.execution("Trainer", State.FAILED)
    return 'nothing to show: Trainer has failed. The run before has: set run_id = "before"'


def _unknown(root: Path) -> str:
    Recorded(root / "metadata.sqlite").execution("Trainer", State.FAILED, "another")
    return "No run now is recorded in"


@pytest.mark.parametrize(
    ("prepare", "parameters"),
    [
        (_missing, "root, run_id = Path({root!r}), None"),
        (_no_runs, 'runs = Path({root!r} + "/runs"); Path = lambda _: runs'),
        (_failed, "root, run_id = Path({root!r}), None"),
        (_failed_after_another, "root, run_id = Path({root!r}), None"),
        (_unknown, 'root, run_id = Path({root!r}), "now"'),
    ],
)
@pytest.mark.parametrize("name", ["explore_a_run", "evaluate_checkpoints"])
def test_where_there_is_nothing_a_sentence_says_so(
    name: str, prepare: object, parameters: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "evaluate_checkpoints" and "now" in parameters:
        pytest.skip("it has no such parameter")
    sentence = prepare(tmp_path)  # type: ignore[operator]
    executed = execute(
        REPOSITORY / "notebooks" / f"{name}.ipynb",
        parameters.format(root=str(tmp_path)),
        monkeypatch,
    )
    assert isinstance(executed.error, NoRunError)
    assert re.search(sentence, executed.printed)
    assert "Traceback" not in executed.printed
    assert len(executed.printed.strip().splitlines()) == 1
