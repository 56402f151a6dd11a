import json
import math

import numpy as np
import pytest

from checkpoint_sweep.common.json_safe import to_json


@pytest.mark.parametrize(
    ("value", "read_back"),
    [
        pytest.param(1.5, 1.5, id="number"),
        pytest.param(math.nan, "NaN", id="NaN"),
        pytest.param([math.inf, -math.inf], ["Infinity", "-Infinity"], id="infinities"),
        pytest.param(np.float32(0.5), 0.5, id="NumPy scalar"),
        pytest.param(np.array([[1, 2]]), [[1, 2]], id="NumPy array"),
        pytest.param(np.array([np.nan]), ["NaN"], id="NaN in an array"),
        pytest.param({1: (2, None)}, {"1": [2, None]}, id="keys become text"),
        pytest.param(b"\xff<", "�<", id="bytes that are not UTF-8"),
        pytest.param("</script><!-- & \u2028", "</script><!-- & \u2028", id="markup"),
    ],
)
def test_values_read_back_from_json(value: object, read_back: object) -> None:
    assert json.loads(to_json(value)) == read_back


def test_json_has_no_character_that_html_interprets() -> None:
    text = to_json({"</script>": "<!-- & -->"})

    assert not set("<>&") & set(text)


def test_an_object_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        to_json(object())
