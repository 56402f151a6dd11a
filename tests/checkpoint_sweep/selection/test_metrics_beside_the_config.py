"""Metrics that are computed beside those of the evaluation config are found by name."""

import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.metric_lookup import complete_name, resolve_direction
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection

HIGHER = Direction.HIGHER_IS_BETTER


def _config() -> config_pb2.EvalConfig:
    config = text_format.Parse(
        'model_specs { label_key: "y" } metrics_specs { metrics { class_name: "AUC" } }',
        config_pb2.EvalConfig(),
    )
    return tfma.utils.update_eval_config_with_defaults(config)


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        pytest.param("precision_at_5", "model_fn/precision_at_5", id="no other has the name"),
        pytest.param("model_fn/auc", "model_fn/auc", id="its whole name"),
        pytest.param("auc", "auc", id="the name is that of the config's metric"),
        pytest.param(
            "2 * auc + precision_at_5", "2 * auc + 'model_fn/precision_at_5'", id="formula"
        ),
    ],
)
def test_metrics_beside_those_of_the_config_are_found_by_name(given: str, whole: str) -> None:
    others = [MetricName("model_fn", "", name) for name in ("auc", "precision_at_5")]
    selection = complete_name(Selection(given, direction=HIGHER), _config(), others)
    assert str(selection.metric_name) == whole
    assert resolve_direction(selection, _config(), others) is HIGHER


def test_metrics_beside_those_of_the_config_are_among_those_that_a_message_lists() -> None:
    others = [MetricName("model_fn", "", "precision_at_5")]
    with pytest.raises(SelectionError, match="the closest is 'model_fn/precision_at_5'"):
        resolve_direction(Selection("precision_at_3", direction=HIGHER), _config(), others)
