"""The tracked metrics are those that decide: the selection metric, and thresholds."""

import pytest

from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.selection.across import Across
from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import tfma_oracle

FLOOR = "threshold { value_threshold { lower_bound { value: 0.5 } } }"
CONFIG = """
    model_specs { label_key: "y" }
    slicing_specs {}
    slicing_specs { feature_keys: "city" }
    metrics_specs {
      metrics { class_name: "AUC" %s }
      metrics { class_name: "Calibration" %s }
      metrics { class_name: "CalibrationPlot" }
      metrics { class_name: "ExampleCount" }
    }
"""
PER_CITY = f'per_slice_thresholds {{ slicing_specs {{ feature_keys: "city" }} {FLOOR} }}'
PER_HOUR = f"""per_slice_thresholds {{
  slicing_specs {{ feature_values {{ key: "hour" value: "5" }} }} {FLOOR} }}"""
OVERALL = f"per_slice_thresholds {{ slicing_specs {{}} {FLOOR} }}"
AUC, CONFIDENT = Selection("auc"), Selection("auc", threshold_mode=ThresholdMode.CONFIDENT)
IN_A = Selection("auc", slice={"city": "a"})


@pytest.mark.parametrize(
    ("thresholds", "selection", "classes", "inside", "outside"),
    [
        pytest.param(("", ""), AUC, ["AUC"], [()], [(("city", "a"),)], id="the selection"),
        pytest.param(
            ("", ""), IN_A, ["AUC"], [(("city", "a"),)], [(("city", "b"),)], id="on its slice"
        ),
        pytest.param(
            ("", ""),
            Selection("auc - calibration", across=Across(("city",), weights="example_count")),
            ["AUC", "Calibration", "ExampleCount"],
            [(("city", "a"),), (("city", "b"),)],
            [(("hour", 5),)],
            id="a formula on every city",
        ),
        pytest.param(
            ("", PER_CITY),
            AUC,
            ["AUC", "Calibration"],
            [(("city", "b"),)],
            [(("hour", 5),)],
            id="a threshold on every city",
        ),
        pytest.param(
            ("", PER_HOUR),
            AUC,
            ["AUC", "Calibration"],
            [(("hour", 5),)],
            [(("hour", 6),), (("city", "a"),)],
            id="a threshold on one hour",
        ),
        pytest.param((OVERALL, ""), None, ["AUC"], [()], [(("city", "a"),)], id="no selection"),
        pytest.param((FLOOR, ""), AUC, ["AUC"], [()], [(("city", "a"),)], id="on every slice"),
        pytest.param((FLOOR, ""), CONFIDENT, ["AUC"], [(("city", "a"),)], [], id="by bounds"),
    ],
)
def test_metrics_and_slices_of_selection_and_thresholds_are_tracked(
    thresholds, selection, classes, inside, outside
) -> None:
    found = find_tracked_metrics(tfma_oracle.config(CONFIG % thresholds), selection)
    assert found is not None
    kept = [
        metric.class_name for spec in found.eval_config.metrics_specs for metric in spec.metrics
    ]
    assert kept == classes
    assert [found.applies(key) for key in inside] == [True] * len(inside)
    assert [found.applies(key) for key in outside] == [False] * len(outside)


def test_without_selection_and_thresholds_nothing_is_tracked() -> None:
    assert find_tracked_metrics(tfma_oracle.config(CONFIG % ("", "")), None) is None


def test_the_digest_tells_selections_apart() -> None:
    eval_config = tfma_oracle.config(CONFIG % ("", FLOOR))
    selections = [AUC, CONFIDENT, IN_A, Selection("calibration"), None]
    digests = {found.digest for s in selections if (found := find_tracked_metrics(eval_config, s))}
    assert len(digests) == len(selections)
