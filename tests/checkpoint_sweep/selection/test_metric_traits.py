"""Which values a metric can have, and where it says something."""

import math

import pytest

from checkpoint_sweep.selection.metric_traits import is_supported, range_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("auc", (0.0, 1.0)),
        ("binary_accuracy", (0.0, 1.0)),
        ("binary_crossentropy", (0.0, math.inf)),
        ("matthews_correlation_coefficient", (-1.0, 1.0)),
        ("coefficient_of_determination", None),
        ("of_ones_own", None),
    ],
)
def test_a_metric_has_its_range(name: str, expected: tuple[float, float] | None) -> None:
    assert range_of(name) == expected


@pytest.mark.parametrize(
    ("name", "value", "rarer_label", "supported"),
    [
        pytest.param("auc", 0.48, 1, False, id="one positive"),
        pytest.param("auc", 0.9, 10, True, id="enough of each class"),
        pytest.param("auc", 0.9, None, True, id="classes not known"),
        pytest.param("auc", math.nan, None, False, id="no number"),
        pytest.param("auc", None, 99, False, id="no value"),
        pytest.param("binary_accuracy", 1.0, 0, True, id="needs no class"),
    ],
)
def test_what_needs_both_classes_is_supported_by_enough_of_each(
    name: str, value: float | None, rarer_label: int | None, supported: bool
) -> None:
    assert is_supported(name, value, rarer_label) is supported
