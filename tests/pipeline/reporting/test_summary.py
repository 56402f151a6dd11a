import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.problems.problem import repository
from pipeline.reporting.run_summary import Confirmation, Node, begun, write_summary
from pipeline.reporting.summary import summarize
from tests.pipeline.recorded import Recorded, State


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "metadata.sqlite")


def _sweep(recorded: Recorded, blessed: bool, run: str = "now") -> int:
    """A sweep that has ended; gives the model."""
    folder = recorded.path.parent / "blessing"
    folder.mkdir(exist_ok=True)
    verdicts = {
        "blessed": blessed,
        "reason": "step-2 is the best" if blessed else "none of the 2 checkpoints passed",
        "chosen": "step-2" if blessed else None,
        "selection": {"metric": "auc", "direction": "HIGHER_IS_BETTER"},
        "checkpoints": [
            {"name": "step-2", "step": 2, "eligible": blessed, "value": 0.9, "reason": "because"}
        ],
    }
    (folder / "verdicts.json").write_text(json.dumps(verdicts))
    outputs = {
        "model": recorded.artifact("Model", "/model"),
        "evaluation": recorded.artifact("ModelEvaluation", "/evaluation"),
        "blessing": recorded.artifact("ModelBlessing", str(folder)),
    }
    recorded.execution("CheckpointSweep", State.COMPLETE, run, outputs=outputs)
    return outputs["model"]


def _evaluator(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, blessed: int, missed: list[str]
) -> None:
    monkeypatch.setattr("pipeline.reporting.confirmation.threshold_failures", lambda folder: missed)
    outputs = {
        "blessing": recorded.artifact("ModelBlessing", "/confirmed", blessed=blessed),
        "evaluation": recorded.artifact("ModelEvaluation", "/on-test"),
    }
    inputs = {"baseline_model": recorded.artifact("Model", "/old")}
    recorded.execution("Evaluator", State.COMPLETE, inputs=inputs, outputs=outputs)


def _pusher(recorded: Recorded, model: int, run: str = "now", **properties: str | int) -> None:
    outputs = {"pushed_model": recorded.artifact("PushedModel", "/pushed", **properties)}
    recorded.execution("Pusher", State.COMPLETE, run, {"model": model}, outputs)


def _outcome(recorded: Recorded) -> tuple[str, str, str | None]:
    summary = summarize(recorded.path, "now")
    return summary.state, summary.reason, summary.pushed_model


def test_a_pushed_model_completes_the_run(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = _sweep(recorded, blessed=True)
    _evaluator(recorded, monkeypatch, 1, [])
    _pusher(recorded, model, pushed=1, pushed_destination="/serving/7")
    assert _outcome(recorded) == ("complete", "The model was pushed to /serving/7.", "/serving/7")
    evaluator = summarize(recorded.path).evaluator
    assert evaluator == Confirmation(True, [], "", [], "/old", "/on-test")


def test_a_model_that_the_evaluator_does_not_bless_is_not_pushed(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Pusher has ended well then, with an artifact that says that nothing is in it."""
    model = _sweep(recorded, blessed=True)
    _evaluator(recorded, monkeypatch, 0, ["auc = 0.7", "recall = 0.1"])
    _pusher(recorded, model, pushed=0)
    reason = "The Evaluator did not bless the model: auc = 0.7, and 1 more threshold is missed."
    assert _outcome(recorded) == ("complete", reason, None)


def test_a_run_is_complete_when_the_sweep_blesses_nothing(recorded: Recorded) -> None:
    _sweep(recorded, blessed=False)
    reason = "The sweep blessed nothing: none of the 2 checkpoints passed."
    assert _outcome(recorded) == ("complete", reason, None)


def test_a_run_is_complete_when_the_chosen_model_was_pushed_before(recorded: Recorded) -> None:
    model = _sweep(recorded, blessed=True)
    _pusher(recorded, model, "before", pushed=1, pushed_destination="/serving/7")
    reason = "Nothing has changed: the chosen model is the one that was pushed to /serving/7."
    assert _outcome(recorded) == ("complete", reason, None)


@pytest.mark.parametrize(
    ("state", "word", "reason"),
    [
        (State.FAILED, "failed", "Trainer has failed."),
        (State.CANCELED, "interrupted", "Trainer was interrupted."),
        (State.RUNNING, "running", "Trainer is running."),
    ],
)
def test_a_node_that_failed_or_runs_still_fails_the_run(
    state: int, word: str, reason: str, recorded: Recorded
) -> None:
    recorded.execution("CsvExampleGen", State.CACHED)
    recorded.execution("Trainer", state)
    summary = summarize(recorded.path)
    assert (summary.state, summary.reason) == ("failed", reason)
    assert summary.nodes == [Node("CsvExampleGen", "cached", 0), Node("Trainer", word, 0)]
    assert summary.training is None


def test_an_earlier_run_is_summarized_by_its_id(recorded: Recorded) -> None:
    recorded.execution("Trainer", State.FAILED, "before")
    _sweep(recorded, blessed=False)
    assert [n.name for n in summarize(recorded.path, "before").nodes] == ["Trainer"]
    assert summarize(recorded.path).run_id == "now"


@pytest.mark.parametrize("run_id", [None, "another"])
def test_a_run_that_is_not_recorded_is_refused(run_id: str | None, recorded: Recorded) -> None:
    if run_id:
        recorded.execution("Trainer", State.COMPLETE)
    with pytest.raises(LookupError, match="is recorded in"):
        summarize(recorded.path, run_id)


def test_the_step_that_training_continued_from_is_in_the_summary(recorded: Recorded) -> None:
    model_run = recorded.artifact("ModelRun", "/run/7", continued_from_step=200)
    recorded.execution("Trainer", State.COMPLETE, outputs={"model_run": model_run})
    training: Mapping[str, object] | None = summarize(recorded.path).training
    assert training == {"model_run": "/run/7", "continued_from_step": 200}


def test_the_documents_list_every_key_of_the_summary() -> None:
    text = (repository() / "docs" / "outputs.md").read_text()
    table = text.partition("| key | content |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
    named = [key for row in rows for key in re.findall(r"`(\w+)`", row)]
    assert named == list(begun("now").to_dict())


def test_a_summary_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    for run in ("before", "now"):
        write_summary(begun(run), file)
    assert json.loads(file.read_text())["run_id"] == "now"
    assert list(tmp_path.iterdir()) == [file]
