"""What is heard of a sweep while it runs is what it does."""

import itertools

import pytest

from checkpoint_sweep.common.progress import Amount, listening
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.sweeping.sweep import sweep
from tests.checkpoint_sweep.sweeping.conftest import Files


@pytest.mark.parametrize(("engine", "first", "candidates"), [("fused", 0, 4), ("tfma", 60, 1)])
def test_every_prediction_is_counted(
    engine: str, first: int, candidates: int, files: Files
) -> None:
    heard: list[Amount] = []
    given = files.arguments(engine=engine, steps=StepRange(first))
    with listening(heard.append):
        sweep(**given, batch_size=50)
    assert heard[-1].done == candidates * 200
    assert heard[-1].candidates == candidates
    assert all(before.done <= after.done for before, after in itertools.pairwise(heard))
    assert len({amount.done for amount in heard}) > (2 if engine == "fused" else 1)
    heard.clear()
    with listening(heard.append):
        sweep(**given)
    assert all((amount.candidates, amount.done) == (0, 0) for amount in heard)
