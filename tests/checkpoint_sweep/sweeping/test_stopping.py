"""Training stops when it is asked to, and is asked when it no longer improves."""

import os
from pathlib import Path

import pytest
import tensorflow as tf

from checkpoint_sweep import EarliestEligible, Selection
from checkpoint_sweep.selection.verdict import Verdict, without_improvement
from checkpoint_sweep.sweeping.stopping import StopCallback, request_stop, stop_hook
from checkpoint_sweep.sweeping.watch import watch
from tests.checkpoint_sweep.sweeping.conftest import Files


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([False, False, True], 0),
        ([False, True, False], 1),
        ([True, True, True], 2),
        ([None, None, None], 0),
        ([], 0),
    ],
)
def test_checkpoints_after_the_last_among_the_best_are_counted(
    members: list[bool | None], expected: int
) -> None:
    verdicts = [
        Verdict(f"step-{step}", step, True, 0.5, "", in_best_set=member)
        for step, member in enumerate(members)
    ]
    average = Verdict("average-last-2", 2, True, 0.5, "", in_best_set=True, averaged=[1, 2])
    assert without_improvement([*verdicts, average]) == expected


def test_a_hook_stops_an_estimator_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "output" / "stop"
    request_stop(str(path))
    hook = stop_hook(str(path))
    hook.begin()
    assert not path.exists()  # What an earlier training was told.

    class Context:
        stopped = False

        def request_stop(self) -> None:
            self.stopped = True

    context = Context()
    hook.after_run(context, None)
    assert not context.stopped
    request_stop(str(path))
    hook.after_run(context, None)
    assert context.stopped


def test_a_callback_stops_a_keras_model_when_asked(tmp_path: Path) -> None:
    path = str(tmp_path / "stop")
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(1,))])
    callback = StopCallback(path)
    callback.set_model(model)
    request_stop(path)
    callback.on_train_begin()
    assert not os.path.exists(path)
    model.stop_training = False
    callback.on_train_batch_end(0)
    assert not model.stop_training
    request_stop(path)
    callback.on_train_batch_end(1)
    assert model.stop_training


@pytest.mark.slow
def test_a_watch_for_the_earliest_eligible_ends_with_it(files: Files) -> None:
    first = Selection("auc", policy=EarliestEligible())
    result = watch(**files.arguments(select=first), every=0.05)
    assert result.step == min(verdict.step for verdict in result.verdicts if verdict.eligible)
    assert (files.output / "stop").read_text() == "A checkpoint has passed every threshold.\n"
