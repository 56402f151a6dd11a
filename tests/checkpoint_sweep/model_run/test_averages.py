"""What can be asked for of averages, and which checkpoints the last ones are."""

import re

import pytest

from checkpoint_sweep.model_run.averages import (
    Averages,
    AveragesError,
    Ingredients,
    last_checkpoints,
)


@pytest.mark.parametrize(
    "averages",
    [
        Averages(),
        Averages(last=(5,)),
        Averages(last=[2, 10], greedy_soup=True, most_trials=3),
        Averages(last=(5,), weights=["exponential", "linear"]),
    ],
)
def test_a_request_survives_as_a_parameter(averages: Averages) -> None:
    assert Averages.from_json(averages.to_json()) == averages


def test_equal_requests_are_equal_parameters() -> None:
    assert Averages(last=(5, 2)).to_json() == Averages(last=[2, 5]).to_json()
    both = [Averages((2,), weights=w) for w in (("cosine", "linear"), ["linear", "cosine"])]
    assert both[0].to_json() == both[1].to_json()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"last": [1]}', "last has 1; an average is of a whole number of checkpoints, at least 2"),
        ('{"last": [2.5]}', "last has 2.5"),
        ('{"last": [true]}', "last has True"),
        ('{"last": 5}', "last is 5; it must be a list of whole numbers"),
        ('{"last": "5"}', "last is '5'; it must be a list"),
        ('{"last": [3, 3]}', "last is [3, 3]; name each number once"),
        ('{"greedy_soup": 1}', "greedy_soup is 1; it must be true or false"),
        ('{"most_trials": 0}', "most_trials is 0; it must be a whole number, at least 1"),
        ('{"weights": "linear"}', "weights is 'linear'; it must be a list of uniform, linear, "),
        ('{"weights": []}', "weights is []; it must be a list of uniform, linear, "),
        ('{"weights": ["lin"]}', "weights has 'lin'; name some of uniform, linear, cosine"),
        ('{"weights": ["cosine", "cosine"]}', "weights is ['cosine', 'cosine']; name each once"),
        ('{"best": 5}', "Not averages: '{\"best\": 5}'"),
        ("[]", "Not averages: '[]'"),
        ("last 5", "Not averages: 'last 5'"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(AveragesError, match=re.escape(message)):
        Averages.from_json(text)


@pytest.mark.parametrize(
    ("count", "usable", "expected"),
    [
        pytest.param(2, [60, 20, 40], Ingredients("average-last-2", [40, 60]), id="the last"),
        pytest.param(3, [60, 20, 40], Ingredients("average-last-3", [20, 40, 60]), id="all"),
        pytest.param(
            3,
            [20, 60],
            Ingredients("average-last-3", [20, 60], "it needs 3 checkpoints, and there are 2"),
            id="too few",
        ),
        pytest.param(
            2,
            [60],
            Ingredients("average-last-2", [60], "it needs 2 checkpoints, and there are 1"),
            id="a single one",
        ),
    ],
)
def test_ingredients_are_the_last_usable_checkpoints(
    count: int, usable: list[int], expected: Ingredients
) -> None:
    assert last_checkpoints(count, usable) == expected


def test_each_number_has_an_average_of_each_weights() -> None:
    made = Averages(last=(3, 2), weights=("linear", "uniform")).of([60, 20, 40])
    assert [(average.name, average.weights) for average in made] == [
        ("average-last-2", None),
        ("average-last-2-linear", pytest.approx((1 / 3, 2 / 3))),
        ("average-last-3", None),
        ("average-last-3-linear", pytest.approx((1 / 6, 1 / 3, 1 / 2))),
    ]


def test_weights_of_too_few_checkpoints_have_the_same_reason() -> None:
    (made,) = Averages(last=(3,), weights=("cosine",)).of([20, 40])
    assert made.name == "average-last-3-cosine"
    assert made.excluded_reason == "it needs 3 checkpoints, and there are 2"
