"""Two of the trials that `make sweep-kills` goes on with, one of each command."""

from pathlib import Path

import pytest

from tests.support import warm_pipeline
from tests.support.estimator_run import EstimatorRun
from tests.support.warm_processes import Parent
from tests.sweep_kills import COMMANDS, SweepKills

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def processes() -> Parent:
    return warm_pipeline.parent()


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_killed_and_started_again_ends_as_an_undisturbed_run(
    command: str,
    tmp_path: Path,
    trained: EstimatorRun,
    examples: list[bytes],
    processes: Parent,
) -> None:
    kills = SweepKills(tmp_path, command, trained, examples, processes)
    trial = kills.trial(seed=1, most=1)
    assert trial.killed
    assert trial.broken == []
