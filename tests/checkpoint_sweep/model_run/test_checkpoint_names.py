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
        (["epoch-1-step-100", "epoch-1-step-150", "epoch-2-step-200"], [100, 150, 200]),
        (["ep-3-acc0.91", "ep-12-acc0.9"], [3, 12]),
        (["weights.01-nan", "weights.02-0.53", "weights.03-inf"], [1, 2, 3]),
        (["m-20240131-1200", "m-20240131-1300"], [1200, 1300]),
        (["ckpt-1-0", "ckpt-2-0"], [1, 2]),
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


# By the last number, the latest would be the first.
_DAYS = ["m-20240131-1200", "m-20240131-1300", "m-20240201-0900"]
_LOSSES = ["weights-1-85", "weights-2-83", "weights-3-88"]


def test_of_several_numbers_the_checkpoints_know_theirs() -> None:
    counters = {name: {85, 83, 88}.pop() and {int(name.rpartition("-")[2])} for name in _LOSSES}
    assert list(find_steps(_LOSSES, counters=counters.__getitem__).values()) == [85, 83, 88]


def test_else_the_number_that_grows_with_time() -> None:
    times = dict(zip(_LOSSES, (10.0, 20.0, 30.0), strict=True))
    assert list(find_steps(_LOSSES, lambda: times).values()) == [1, 2, 3]


def test_what_stays_ambiguous_is_asked_back() -> None:
    for names in (_LOSSES, _DAYS, ["a-1", "a-2", "b-1", "b-2"]):
        with pytest.raises(AmbiguousNamesError):
            find_steps(names, lambda names=names: {name: i for i, name in enumerate(names[::-1])})


@pytest.mark.parametrize(
    ("names", "pattern", "steps"),
    [
        (_LOSSES, r"weights-(\d+)", [1, 2, 3]),
        (_DAYS, r"m-(\d+)-(\d+)", [202401311200, 202401311300, 202402010900]),
        (["a-1", "b-2"], r"a-(\d)|b-(\d)", [1, 2]),
    ],
)
def test_a_pattern_says_it(names: list[str], pattern: str, steps: list[int]) -> None:
    assert list(steps_by_pattern(names, pattern).values()) == steps
