"""Thresholds that a MetricsSpec has by name are those of the metrics of that name."""

import pytest
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import EvalConfigError, check_thresholds, with_defaults

AUC = 'metrics { class_name: "AUC" }'
AT_LEAST = "value_threshold { lower_bound { value: 0.65 } }"
OTHER = "value_threshold { lower_bound { value: 0.7 } }"
CHANGE = "change_threshold { direction: HIGHER_IS_BETTER absolute { value: 0 } }"
OF_SLICES = f'slicing_specs {{ feature_keys: "s" }} threshold {{ {AT_LEAST} }}'
OF_PAIRS = f"cross_slicing_specs {{ baseline_spec {{}} }} threshold {{ {AT_LEAST} }}"


def _with_metric(settings: str) -> str:
    return f'metrics_specs {{ metrics {{ class_name: "AUC" {settings} }} }}'


def _parsed(specs: str) -> config_pb2.EvalConfig:
    return text_format.Parse(f'model_specs {{ label_key: "y" }} {specs}', config_pb2.EvalConfig())


@pytest.mark.parametrize(
    ("specs", "equal"),
    [
        pytest.param(
            f'metrics_specs {{ {AUC} thresholds {{ key: "auc" value {{ {AT_LEAST} }} }} }}',
            _with_metric(f"threshold {{ {AT_LEAST} }}"),
            id="a threshold",
        ),
        pytest.param(
            f'metrics_specs {{ {AUC} per_slice_thresholds {{ key: "auc" '
            f"value {{ thresholds {{ {OF_SLICES} }} }} }} }}",
            _with_metric(f"per_slice_thresholds {{ {OF_SLICES} }}"),
            id="by slice",
        ),
        pytest.param(
            f'metrics_specs {{ {AUC} cross_slice_thresholds {{ key: "auc" '
            f"value {{ thresholds {{ {OF_PAIRS} }} }} }} }}",
            _with_metric(f"cross_slice_thresholds {{ {OF_PAIRS} }}"),
            id="across slices",
        ),
        pytest.param(
            f'metrics_specs {{ {AUC} }} metrics_specs {{ thresholds {{ key: "auc" '
            f"value {{ {AT_LEAST} }} }} }}",
            _with_metric(f"threshold {{ {AT_LEAST} }}") + " metrics_specs {}",
            id="of another spec's metric",
        ),
        pytest.param(
            'metrics_specs { metrics { class_name: "AUC" config: \'"name": "mine"\' } '
            f'thresholds {{ key: "mine" value {{ {AT_LEAST} }} }} }}',
            _with_metric(f'config: \'"name": "mine"\' threshold {{ {AT_LEAST} }}'),
            id="by a name of its own",
        ),
        pytest.param(
            f'metrics_specs {{ metrics {{ class_name: "AUC" threshold {{ {AT_LEAST} }} }} '
            f'thresholds {{ key: "auc" value {{ {AT_LEAST} }} }} }}',
            _with_metric(f"threshold {{ {AT_LEAST} }}"),
            id="the same twice",
        ),
        pytest.param(
            f'metrics_specs {{ {AUC} thresholds {{ key: "auc" '
            f"value {{ {AT_LEAST} {CHANGE} }} }} }}",
            _with_metric(f"threshold {{ {AT_LEAST} {CHANGE} }}"),
            id="a change too",
        ),
    ],
)
@pytest.mark.parametrize("has_baseline", [False, True])
def test_named_thresholds_are_those_of_the_metric_of_that_name(
    specs: str, equal: str, has_baseline: bool
) -> None:
    found = with_defaults(_parsed(specs), has_baseline)
    assert found == with_defaults(_parsed(equal), has_baseline)
    check_thresholds(found)


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        (
            f'metrics_specs {{ metrics {{ class_name: "AUC" threshold {{ {OTHER} }} }} '
            f'thresholds {{ key: "auc" value {{ {AT_LEAST} }} }} }}',
            "'auc' has two thresholds",
        ),
        (
            f'metrics_specs {{ {AUC} thresholds {{ key: "nothing" value {{ {AT_LEAST} }} }} }}',
            "'nothing', which it does not compute",
        ),
        (
            'metrics_specs { metrics { class_name: "FairnessIndicators" } thresholds { '
            'key: "fairness_indicators_metrics/precision@0.5" '
            f"value {{ {AT_LEAST} }} }} }}",
            "one of several values",
        ),
    ],
)
def test_what_belongs_to_no_metric_is_refused(specs: str, words: str) -> None:
    with pytest.raises(EvalConfigError, match=words):
        check_thresholds(with_defaults(_parsed(specs), has_baseline=False))


def test_the_type_of_an_eval_saved_model_is_refused() -> None:
    config = text_format.Parse(
        f'model_specs {{ label_key: "y" model_type: "tf_estimator" }} metrics_specs {{ {AUC} }}',
        config_pb2.EvalConfig(),
    )
    with pytest.raises(EvalConfigError, match=r"Leave ModelSpec.model_type out"):
        with_defaults(config, has_baseline=False)
