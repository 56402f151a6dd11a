import numpy as np
import pytest

from checkpoint_sweep.model_run.value_matching import Matches, match_by_name

ONE, TWO, ZERO = np.float32([1, 1]), np.float32([2, 3]), np.zeros(2, np.float32)
EMA = "/ExponentialMovingAverage"


def _find(model: dict, checkpoint: dict) -> Matches:
    shapes = {key: list(value.shape) for key, value in checkpoint.items()}
    return match_by_name(model, shapes, checkpoint.__getitem__)


@pytest.mark.parametrize(
    ("model", "checkpoint", "expected"),
    [
        pytest.param({"w": ONE}, {"w": ONE, "w/Adam": TWO}, Matches({}), id="own names"),
        pytest.param(
            {"w": TWO, "b": ONE},
            {"w": ONE, "w" + EMA: TWO, "b": TWO, "b" + EMA: ONE},
            Matches({"w": "w" + EMA, "b": "b" + EMA}),
            id="moving averages",
        ),
        pytest.param(
            {"w": TWO, "step": ONE},
            {"w": ONE, "w" + EMA: TWO, "step": ONE},
            Matches({"w": "w" + EMA}),
            id="what has no average keeps its name",
        ),
        pytest.param(
            {"w": TWO, "b": ZERO},
            {"w": ONE, "w" + EMA: TWO, "b": ZERO, "b" + EMA: ZERO},
            Matches({"w": "w" + EMA, "b": "b" + EMA}),
            id="an average still equal to its variable is an average all the same",
        ),
        pytest.param({"w": TWO}, {"v": TWO, "u": ONE}, Matches({"w": "v"}), id="renamed"),
        pytest.param({"w": TWO}, {"w": ONE}, Matches({}, ("w",)), id="nowhere"),
        pytest.param({"w": TWO}, {"u": TWO, "v": TWO}, Matches({}, (), ("w",)), id="ambiguous"),
        pytest.param(
            {"w": TWO}, {"w": TWO.astype(np.float64)}, Matches({}, ("w",)), id="other type"
        ),
        pytest.param({"w": TWO}, {"w": TWO.reshape(1, 2)}, Matches({}, ("w",)), id="other shape"),
        pytest.param(
            {"w": np.float32([np.nan])},
            {"w": np.float32([np.nan])},
            Matches({}),
            id="NaN is itself",
        ),
        pytest.param({"w": ZERO}, {"w": -ZERO}, Matches({}, ("w",)), id="the sign of zero counts"),
    ],
)
def test_tensors_are_matched_by_name_suffix_and_value(
    model: dict, checkpoint: dict, expected: Matches
) -> None:
    assert _find(model, checkpoint) == expected
