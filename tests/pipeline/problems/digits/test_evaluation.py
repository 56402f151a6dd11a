from google.protobuf import json_format

from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.selection.metric_lookup import computed_metrics
from pipeline.problems.digits import features
from pipeline.problems.digits.evaluation import eval_config
from pipeline.problems.digits.problem import digits


def test_the_evaluation_config_computes_the_expected_metrics() -> None:
    keys = computed_metrics(with_defaults(eval_config(), has_baseline=False))
    overall = {key.name for key in keys if not key.sub_key and not key.aggregation_type}
    assert overall >= {
        "example_count",
        "accuracy",
        "cross_entropy",
        "top_3_accuracy",
        "precision_at_3",
        "multi_class_confusion_matrix_at_thresholds",
    }
    of_two_classes = {"auc", "precision", "recall", "f1_score"}
    for part in (
        *({"class_id": number} for number in range(features.CLASSES)),
        {"micro_average": True},
        {"macro_average": True},
    ):
        found = {
            key.name
            for key in keys
            for of in (key.sub_key, key.aggregation_type)
            if of and all(getattr(of, name, None) == value for name, value in part.items())
        }
        assert found >= of_two_classes, part


def test_each_digit_is_a_slice_with_a_threshold() -> None:
    config = json_format.MessageToDict(eval_config(), preserving_proto_field_name=True)
    assert {"feature_keys": [features.LABEL]} in config["slicing_specs"]
    judged = {
        spec["feature_values"][features.LABEL]
        for metrics in config["metrics_specs"]
        for metric in metrics["metrics"]
        for thresholds in metric.get("per_slice_thresholds", [])
        for spec in thresholds["slicing_specs"]
        if "feature_values" in spec
    }
    assert judged == {str(number) for number in range(features.CLASSES)}


def test_the_default_run_leaves_twenty_checkpoints() -> None:
    assert digits().steps / digits().checkpoint_steps == 20
