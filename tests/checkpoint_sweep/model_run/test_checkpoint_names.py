"""The step in names as people give them."""

import pytest

from checkpoint_sweep.model_run.checkpoint_names import (
    AmbiguousNamesError,
    find_steps,
    steps_by_pattern,
)


@pytest.mark.parametrize(
    ("names", "steps"),
    [
        (["model.ckpt-200", "model.ckpt-1000", "model.ckpt-30"], [200, 1000, 30]),
        (["weights.01-0.51", "weights.02-0.48"], [1, 2]),
        (["weights.01-0.51", "weights.02--0.48"], [1, 2]),
        (["weights.01.0.51", "weights.02.0.48"], [1, 2]),
        (["weights-01-0.85", "weights-02-0.85"], [1, 2]),
        (["weights-01-1.25e-05", "weights-02-1.00e-06"], [1, 2]),
        (["0.51-weights-1", "0.52-weights-2"], [1, 2]),
        (["epoch=1-loss=-0.5", "epoch=2-loss=0.5"], [1, 2]),
        (["model1999.ckpt-2000", "model2999.ckpt-3000"], [2000, 3000]),
        (["Epoch_0003_model", "Epoch_0012_model"], [3, 12]),
        (["resnet50-1", "resnet50-2", "best"], [1, 2]),
        (["epoch-1-step-100", "epoch-2-step-200"], [100, 200]),
    ],
)
def test_a_series_is_what_one_pattern_explains(names: list[str], steps: list[int]) -> None:
    found = find_steps(names)
    assert [found[name] for name in names if name in found] == steps


@pytest.mark.parametrize(
    ("name", "found"),
    [("weights.01-0.51", {1}), ("weights-0.51", set()), ("resnet50", set()), ("best", set())],
)
def test_a_checkpoint_that_is_alone(name: str, found: set[int]) -> None:
    assert set(find_steps([name]).values()) == found


_LOSSES = ["weights-1-85", "weights-2-83", "weights-3-88"]


def test_of_several_numbers_the_checkpoints_know_theirs() -> None:
    counters = {name: {85, 83, 88}.pop() and {int(name.rpartition("-")[2])} for name in _LOSSES}
    assert list(find_steps(_LOSSES, counters=counters.__getitem__).values()) == [85, 83, 88]


def test_else_the_number_that_grows_with_time() -> None:
    times = dict(zip(_LOSSES, (10.0, 20.0, 30.0), strict=True))
    assert list(find_steps(_LOSSES, lambda: times).values()) == [1, 2, 3]


def test_what_stays_ambiguous_is_asked_back() -> None:
    for names in (_LOSSES, ["a-1", "a-2", "b-1", "b-2"]):
        with pytest.raises(AmbiguousNamesError):
            find_steps(names)
    assert list(steps_by_pattern(_LOSSES, r"weights-(\d+)").values()) == [1, 2, 3]
