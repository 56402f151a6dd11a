"""A few of the kills that `make kills` goes on with."""

import pytest

from tests.kills import Kills
from tests.support import warm_pipeline

pytestmark = pytest.mark.slow

# One whose first kill is in the sweep, and one in the Pusher; each is killed again. The nodes
# before these are not killed here, and need not run on Beam's own runner.
_SEEDS = (7, 10)
_TRIES = 3


@pytest.fixture(scope="module")
def kills(tmp_path_factory: pytest.TempPathFactory) -> Kills:
    return Kills(tmp_path_factory.mktemp("kills"), warm_pipeline.parent(), on_beam=False)


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_run_that_is_killed_and_started_again_ends_as_promised(seed: int, kills: Kills) -> None:
    # A run may be over before its moment, where the undisturbed one was slower.
    trials = (kills.trial(seed, most=2) for _ in range(_TRIES))
    trial = next((one for one in trials if one.killed or one.broken), None)
    assert trial is not None, "no run was killed"
    assert trial.broken == []
