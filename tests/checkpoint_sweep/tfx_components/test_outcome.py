import json
from pathlib import Path

import pytest
from ml_metadata import proto

from checkpoint_sweep import last_outcome
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from tests.pipeline.recorded import Recorded, State


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "metadata.sqlite")


def _sweep(recorded: Recorded, state: int, run: str, reason: str, blessed: bool = True) -> Path:
    folder = recorded.path.parent / run
    folder.mkdir()
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    verdicts = SweepVerdicts(None, blessed, reason, selection, [])
    (folder / "verdicts.json").write_text(json.dumps(verdicts.to_dict()))
    outputs = {
        "blessing": recorded.artifact("ModelBlessing", str(folder)),
        "evaluation": recorded.artifact("ModelEvaluation", str(folder)),
    }
    recorded.execution("CheckpointSweep", state, run, outputs=outputs)
    recorded.execution("Pusher", State.COMPLETE, run)
    return folder


def _told(recorded: Recorded) -> str:
    config = proto.ConnectionConfig()
    config.sqlite.filename_uri = str(recorded.path)
    return last_outcome(config)


def test_the_outcome_is_that_of_the_last_run(recorded: Recorded) -> None:
    _sweep(recorded, State.COMPLETE, "first", "step 1, the best")
    _sweep(recorded, State.COMPLETE, "second", "none is eligible", blessed=False)
    assert _told(recorded) == "CheckpointSweep: NOT BLESSED: none is eligible"


def test_a_cached_sweep_and_its_report_are_named(recorded: Recorded) -> None:
    folder = _sweep(recorded, State.CACHED, "first", "step 1, the best")
    (folder / "report.html").touch()
    assert _told(recorded).splitlines() == [
        "CheckpointSweep, from cache: BLESSED: step 1, the best",
        f"Report: {folder}/report.html",
    ]


def test_without_an_outcome_a_sentence_says_why(recorded: Recorded) -> None:
    assert _told(recorded) == "There is no run yet."
    recorded.execution("Trainer", State.FAILED)
    assert _told(recorded) == "No CheckpointSweep has begun in the last run."
    recorded.execution("CheckpointSweep", State.FAILED)
    assert _told(recorded) == "The CheckpointSweep of the last run failed, or has not ended."
