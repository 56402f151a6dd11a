"""Thresholds of an evaluation config: bounds, and how sentences say them."""

import math

import pytest
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.selection.thresholds import (
    Bound,
    BoundKind,
    describe_limits,
    describe_missed,
    describe_thresholds,
    read_thresholds,
)

CONFIG = """
model_specs { name: "candidate" label_key: "y" }
model_specs { name: "baseline" label_key: "y" is_baseline: true }
slicing_specs {}
slicing_specs { feature_keys: "pay" }
metrics_specs {
  metrics {
    class_name: "AUC"
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { lower_bound { value: 0.85 } upper_bound { value: 0.99 } }
        change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.01 } }
      }
    }
    per_slice_thresholds {
      slicing_specs { feature_values { key: "pay" value: "Cash" } }
      threshold { change_threshold { direction: HIGHER_IS_BETTER relative { value: -0.1 } } }
    }
    per_slice_thresholds {
      slicing_specs { feature_keys: "pay" }
      threshold { value_threshold { lower_bound { value: 0.5 } } }
    }
    cross_slice_thresholds {
      cross_slicing_specs { baseline_spec {} slicing_specs { feature_keys: "pay" } }
      threshold { value_threshold { lower_bound { value: -0.1 } } }
    }
  }
  metrics {
    class_name: "BinaryCrossEntropy"
    threshold { change_threshold { direction: LOWER_IS_BETTER absolute { value: 0.02 } } }
  }
}
"""


def _config() -> config_pb2.EvalConfig:
    return text_format.Parse(CONFIG, config_pb2.EvalConfig())


def test_thresholds_in_words() -> None:
    assert describe_thresholds(_config()) == [
        "auc at least 0.5 on every pay",
        "auc at least 0.85 on all examples",
        "auc at most 0.99 on all examples",
        "auc change against the baseline at least -0.01 on all examples",
        "auc change against the baseline at least -10% on pay=Cash",
        "binary_crossentropy change against the baseline at most +0.02 on every slice",
    ]


def test_a_threshold_has_its_slices_and_its_bounds() -> None:
    found = [t for t in read_thresholds(_config()) if t.metric == MetricName("", "", "auc")]
    overall = [t for t in found if not t.features and not t.is_of_cross_slices]
    assert [(t.is_change, t.bounds) for t in overall] == [
        (False, (Bound(BoundKind.LOWER, 0.85, True), Bound(BoundKind.UPPER, 0.99, False))),
        (True, (Bound(BoundKind.ABSOLUTE_CHANGE, -0.01, True),)),
    ]
    assert [t.features for t in found if t.features] == [{"pay": None}, {"pay": "Cash"}]
    assert [t.bounds for t in found if t.is_of_cross_slices] == [
        (Bound(BoundKind.LOWER, -0.1, True),)
    ]


@pytest.mark.parametrize(
    ("is_lower", "value", "missed"),
    [(True, 0.4, True), (True, 0.5, False), (False, 0.6, True), (False, 0.5, False)],
)
def test_values_on_the_wrong_side_miss_a_bound(is_lower: bool, value: float, missed: bool) -> None:
    bound = Bound(BoundKind.LOWER if is_lower else BoundKind.UPPER, 0.5, is_lower)
    assert bound.is_missed_by(value) == missed
    assert not bound.is_missed_by(float("nan"))


@pytest.mark.parametrize(
    ("baseline", "absolute"),
    [
        (0.5, Bound(BoundKind.ABSOLUTE_CHANGE, -0.05, True)),
        (-0.5, Bound(BoundKind.ABSOLUTE_CHANGE, 0.05, False)),
        (0.0, None),
        (None, None),
    ],
)
def test_a_relative_change_is_an_absolute_one_of_the_baseline(
    baseline: float | None, absolute: Bound | None
) -> None:
    assert Bound(BoundKind.RELATIVE_CHANGE, -0.1, True).as_absolute(baseline) == absolute
    value = Bound(BoundKind.LOWER, 0.5, True)
    assert value.as_absolute(baseline) is value


@pytest.mark.parametrize(
    ("slices", "is_change", "limits", "text"),
    [
        (
            {},
            False,
            {"lower": 0.5, "upper": 0.9},
            "auc on all examples: at least 0.5 and at most 0.9",
        ),
        ({"pay": None}, False, {"upper": 0.9}, "auc on each pay: at most 0.9"),
        (
            {"pay": "Cash"},
            True,
            {"absolute": -0.01, "relative": -0.1},
            "change of auc against the baseline on pay=Cash: by at most -0.01 and by a share of at "
            "most -0.1",
        ),
        ({}, True, {}, "change of auc against the baseline on all examples: no worse"),
    ],
)
def test_limits_of_a_report_in_words(
    slices: dict[str, str | None], is_change: bool, limits: dict[str, float], text: str
) -> None:
    assert describe_limits("auc", slices, is_change, limits) == text


@pytest.mark.parametrize(
    ("value", "is_change", "threshold", "says"),
    [
        (0.76746, False, "lower_bound value: 0.8", "auc 0.7675 on a=1 is below the threshold 0.8"),
        (0.79999, False, "lower_bound value: 0.8", "auc 0.79999 on a=1 is below the threshold 0.8"),
        (0.8, False, "lower_bound value: 0.8", "auc 0.8 on a=1 is not above the threshold 0.8"),
        (0.6, False, "upper_bound value: 0.5", "auc 0.6 on a=1 is above the threshold 0.5"),
        (None, False, "lower_bound value: 0.8", "auc on a=1 was not computed (needs at least 0.8)"),
        (math.nan, False, "lower_bound value: 0.8", "auc on a=1 has no value (needs at least 0.8)"),
        (
            -0.2,
            True,
            "absolute value: -0.1 direction: HIGHER_IS_BETTER",
            "change of auc -0.2 on a=1 misses the threshold (needs at least -0.1)",
        ),
        (
            0.5,
            True,
            "absolute value: 0.01 relative value: 0.1 direction: LOWER_IS_BETTER",
            "change of auc 0.5 on a=1 misses the threshold (needs at most +0.01 and at most +10%)",
        ),
        (
            None,
            True,
            "direction: HIGHER_IS_BETTER",
            "change of auc on a=1 was not computed (needs no change for the worse)",
        ),
    ],
)
def test_a_missed_threshold_is_a_sentence(
    value: float | None, is_change: bool, threshold: str, says: str
) -> None:
    assert describe_missed("auc", value, "a=1", is_change, threshold) == says
