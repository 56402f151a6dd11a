"""What is heard of a sweep while it runs is what it does."""

import itertools

from checkpoint_sweep.common.progress import Amount, listening
from checkpoint_sweep.sweeping.sweep import sweep
from tests.checkpoint_sweep.sweeping.conftest import Files


def test_every_prediction_of_a_sweep_is_counted(files: Files) -> None:
    heard: list[Amount] = []
    with listening(heard.append):
        sweep(**files.arguments(batch_size=50))
    assert (heard[-1].candidates, heard[-1].done) == (4, 800)
    assert {amount.whole for amount in heard} <= {None, 0, 800}
    assert all(before.done <= after.done for before, after in itertools.pairwise(heard))
    assert {200, 400, 600, 800} <= {amount.done for amount in heard}
    heard.clear()
    with listening(heard.append):
        sweep(**files.arguments())
    assert all((amount.candidates, amount.done) == (0, 0) for amount in heard)
