from pathlib import Path

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.evaluation.preflight.signature import conversion_notice, flattening_warning
from checkpoint_sweep.saved_model.saved_model import SavedModel


def _model(directory: Path, columns: int | None) -> SavedModel:
    shape = [None] if columns is None else [None, columns]

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])
    def serve(x: tf.Tensor) -> dict:
        return {"scores": tf.sigmoid(x)}

    tf.saved_model.save(tf.Module(), str(directory), signatures=serve)
    return SavedModel(str(directory))


def _config(metrics: str) -> config_pb2.EvalConfig:
    text = f'model_specs {{ label_key: "y" }} metrics_specs {{ {metrics} }}'
    return with_defaults(text_format.Parse(text, config_pb2.EvalConfig()), has_baseline=False)


AUC = 'metrics { class_name: "AUC" }'
BINARIZED = AUC + " binarize { class_ids { values: [1] } }"
MULTI_CLASS = 'metrics { class_name: "SparseCategoricalAccuracy" }'


@pytest.mark.parametrize(
    ("columns", "metrics", "warns"),
    [
        pytest.param(2, AUC, True, id="two columns under a binary metric"),
        pytest.param(1, AUC, False, id="one column"),
        pytest.param(None, AUC, False, id="one value"),
        pytest.param(3, AUC, False, id="three columns"),
        pytest.param(2, BINARIZED, False, id="binarized"),
        pytest.param(2, MULTI_CLASS, False, id="a multi-class metric"),
    ],
)
def test_two_columns_under_a_binary_metric_are_warned_of(
    tmp_path: Path, columns: int | None, metrics: str, warns: bool
) -> None:
    warning = flattening_warning(_model(tmp_path / "model", columns), _config(metrics))
    assert (warning is not None) is warns
    if warning:
        assert "'scores' has two columns" in warning
        assert "AUC" in warning


@pytest.mark.parametrize(
    ("types", "said"),
    [({"x": "int64"}, "x (int64 to float32)"), ({"x": "float32"}, ""), ({"other": "int64"}, "")],
    ids=["whole numbers", "the same type", "another feature"],
)
def test_features_that_are_converted_are_named(
    types: dict[str, str], said: str, tmp_path: Path
) -> None:
    notice = conversion_notice(_model(tmp_path, 1), _config(AUC), types)
    assert said in (notice or "")
    assert (notice is None) == (not said)
