"""Metrics with thresholds for probabilities may not decide where predictions leave [0, 1]."""

import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.evaluation.plan import metric_inputs, probability_thresholds
from tests.checkpoint_sweep.evaluation import tfma_oracle

BINARY = 'model_specs { label_key: "y" } '
AUC = 'metrics { class_name: "AUC" }'
ERROR = 'metrics { class_name: "MeanAbsoluteError" }'


class OwnArea(tfma.metrics.AUC):
    """A user's own class."""


@pytest.mark.parametrize(
    ("metrics", "outside", "names"),
    [
        (f"metrics_specs {{ {AUC} }}", {"": 3}, {MetricName("", "", "auc")}),
        (f"metrics_specs {{ {AUC} }}", {"": 0}, set()),
        (f"metrics_specs {{ {ERROR} }}", {}, set()),
        (f"metrics_specs {{ {AUC} {ERROR} }}", {"": 3}, {MetricName("", "", "auc")}),
        (
            'metrics_specs { metrics { class_name: "AUC" config: \'"name": "mine"\' } }',
            {"": 3},
            {MetricName("", "", "mine")},
        ),
        (
            f'metrics_specs {{ metrics {{ class_name: "OwnArea" module: "{__name__}" }} }}',
            {"": 3},
            {MetricName("", "", "auc")},
        ),
        (
            f'metrics_specs {{ {AUC} output_names: ["one", "other"] }}',
            {"one": 0, "other": 2},
            {MetricName("other", "", "auc")},
        ),
        (
            f"metrics_specs {{ {AUC} binarize {{ class_ids {{ values: 1 }} }} }}",
            {"": 3},
            {MetricName("", "classId:1", "auc")},
        ),
        (
            f"metrics_specs {{ {AUC} example_weights {{ weighted: true unweighted: true }} }}",
            {"": 3},
            {MetricName("", "", "auc", of) for of in ("weighted", "unweighted")},
        ),
        (
            f"metrics_specs {{ {AUC} binarize {{ top_k_list {{ values: 1 }} }} }}",
            {"": 3},
            set(),
        ),
        *(
            (
                f'metrics_specs {{ metrics {{ class_name: "{name}" {config} }} }}',
                outside,
                {MetricName("", "", told) for told in names},
            )
            for name, config, outside, names in [
                ("Precision", "", {"": 3}, ["precision"]),
                ("F1Score", "", {"": 3}, ["f1_score"]),
                ("BinaryAccuracy", "", {"": 3}, ["binary_accuracy"]),
                ("Recall", 'module: "keras.metrics"', {"": 3}, ["recall"]),
                ("Precision", "config: '\"thresholds\": [0.0]'", {}, []),
                ("Precision", "config: '\"top_k\": 1'", {}, []),
                ("SparseCategoricalAccuracy", "", {}, []),
            ]
        ),
    ],
)
def test_which_metrics_may_not_decide(metrics, outside, names):
    config = tfma_oracle.config(BINARY + metrics)
    found = probability_thresholds.out_of_range(config, outside, 10)
    assert found.keys() == names
    assert all(f"on {outside[n.output_name]} of 10 examples" in why for n, why in found.items())
    assert set(probability_thresholds.outputs(config)) == outside.keys()


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        ([0.0, 0.5, 1.0], 0),
        ([-1e-7, 1.0000001, 0.5], 0),
        ([-0.1, 1.1, 0.5], 2),
        ([np.nan, np.inf, 0.5], 1),
        ([[0.2, 0.8], [3.0, -3.0], [0.1, 0.9]], 1),
    ],
)
def test_predictions_outside_of_the_range_are_counted(predictions, expected):
    stacked = np.array([predictions], np.float32)
    batch = metric_inputs.Batch(3, None, None, stacked, config_pb2.ModelSpec(), "")
    assert batch.outside("", probability_thresholds.TOLERANCE).tolist() == [expected]
