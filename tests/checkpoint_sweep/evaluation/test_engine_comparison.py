"""Baselines, thresholds, cross slices, small slices and intervals are what TFMA makes of them."""

import pytest
import tensorflow_model_analysis as tfma

from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle

pytestmark = pytest.mark.slow

EXAMPLES = 60
PASSING, FAILING = 0.0, 0.99


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return taxi_models.write_examples(str(tmp_path_factory.mktemp("data") / "taxi"), EXAMPLES)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return taxi_models.write_models(str(tmp_path_factory.mktemp("models")), "binary", 3)


def _config(baseline, value, change=None, options="", extra=""):
    threshold = f"value_threshold {{ lower_bound {{ value: {value} }} }}"
    if change is not None:
        threshold += f"""
            change_threshold {{ direction: HIGHER_IS_BETTER absolute {{ value: {change} }} }}
        """
    text = f"""
        model_specs {{ label_key: "big_tipper" }}
        slicing_specs {{}}
        slicing_specs {{ feature_keys: "trip_start_day" }}
        metrics_specs {{
          metrics {{ class_name: "ExampleCount" }}
          metrics {{
            class_name: "BinaryAccuracy"
            threshold {{ {threshold} }}
            per_slice_thresholds {{
              slicing_specs {{ feature_keys: "trip_start_day" }}
              threshold {{ value_threshold {{ lower_bound {{ value: {value} }} }} }}
            }}
          }}
          metrics {{ class_name: "AUC" config: '"num_thresholds": 50' }}
          metrics {{ class_name: "ConfusionMatrixAtThresholds" config: '"thresholds": [0.3]' }}
        }}
        {extra}
        options {{ {options} }}
    """
    return tfma_oracle.config(text, baseline)


CASES = {
    "passes": {"baseline": False, "value": PASSING},
    "fails on slices": {"baseline": False, "value": FAILING},
    "passes against a baseline": {"baseline": True, "value": PASSING, "change": -1.0},
    "fails against a baseline": {"baseline": True, "value": PASSING, "change": 0.5},
    "cross slices": {
        "baseline": True,
        "value": PASSING,
        "extra": """cross_slicing_specs {
            baseline_spec {} slicing_specs { feature_keys: "trip_start_day" }
        }""",
    },
    "small slices": {"baseline": False, "value": PASSING, "options": "min_slice_size { value: 8 }"},
    "no thresholds and a slice that is not there": {
        "baseline": False,
        "value": PASSING,
        "extra": 'slicing_specs { feature_keys: "no_such_feature" }',
    },
}


@pytest.mark.parametrize("case", CASES)
def test_a_comparison_equals_tfmas(case, data, sources, tmp_path):
    eval_config = _config(**CASES[case])
    baseline = sources[2] if CASES[case]["baseline"] else None
    outputs = tfma_oracle.run_engine(
        data, eval_config, sources[:2], str(tmp_path / "engine"), baseline
    )
    name = tfma.CANDIDATE_KEY if baseline else None
    stock = tfma_oracle.run_tfma(data, eval_config, sources[1], str(tmp_path / "tfma"), baseline)
    expected, actual = tfma_oracle.load(stock, name), tfma_oracle.load(outputs[1], name)
    assert tfma_oracle.differences(expected, actual) == []


@pytest.mark.parametrize("method", ["JACKKNIFE", "POISSON_BOOTSTRAP"])
def test_intervals_have_tfmas_form_and_contain_the_value(method, data, sources, tmp_path):
    options = f"""
        compute_confidence_intervals {{ value: true }} confidence_intervals {{ method: {method} }}
    """
    eval_config = _config(baseline=True, value=PASSING, options=options)
    directory = str(tmp_path / "engine")
    (output,) = tfma_oracle.run_engine(data, eval_config, sources[:1], directory, sources[1])
    stock = tfma_oracle.run_tfma(data, eval_config, sources[0], str(tmp_path / "tfma"), sources[1])
    without = _config(baseline=True, value=PASSING)
    (plain,) = tfma_oracle.run_engine(data, without, sources[:1], directory + "0", sources[1])
    intervals, expected, points = (
        tfma_oracle.load(written, tfma.CANDIDATE_KEY)["metrics"][""]
        for written in (output, stock, plain)
    )
    assert intervals.keys() == expected.keys() == points.keys()
    found = 0
    for key, entry in points.items():
        actual = intervals[key]
        assert ("confidenceInterval" in actual) == ("confidenceInterval" in expected[key])
        if "confidenceInterval" in actual and "doubleValue" in entry["value"]:
            found += 1
            assert actual["value"]["doubleValue"] == pytest.approx(entry["value"]["doubleValue"])
            interval = actual["confidenceInterval"]
            assert _bound(interval["degreesOfFreedom"]) == 19
            assert 0 <= _bound(interval["standardError"]) < 0.5
            assert _bound(interval["lowerBound"]) <= _bound(interval["upperBound"])
    assert found >= 6


def _bound(value):
    """A number, which JSON wraps in a message or not."""
    return float(value["doubleValue"] if isinstance(value, dict) else value)
