"""What is checked and warned of before any work, the same for a sweep and for an Evaluator."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.eval_config import EvalConfigError, with_defaults
from checkpoint_sweep.evaluation.preflight.features import FeatureError
from checkpoint_sweep.evaluation.preflight.preflight import preflight
from checkpoint_sweep.evaluation.preflight.signature import SignatureError
from checkpoint_sweep.saved_model.saved_model import SavedModel, SavedModelError
from tests.support import passthrough_model

_FLATTENED = "has two columns"
_COMPILED = "was compiled with are not computed"
_UNCOMPUTED = (
    """thresholds { key: "loss" value { value_threshold { lower_bound { value: 0 } } } }"""
)


def _config(
    metrics: str = "", model: str = 'label_key: "y"', baseline: bool = False
) -> config_pb2.EvalConfig:
    text = f'metrics_specs {{ metrics {{ class_name: "AUC" }} {metrics} }}'
    specs = [f'name: "candidate" {model}', f'name: "baseline" is_baseline: true {model}']
    for spec in specs if baseline else [model]:
        text += f" model_specs {{ {spec} }}"
    return with_defaults(text_format.Parse(text, config_pb2.EvalConfig()), baseline)


def _examples(*names: str) -> Any:
    return SimpleNamespace(features=lambda wanted, indispensable: set(names), number_types=dict)


def _model(directory: Path, columns: int = 1, compiled: bool = False) -> SavedModel:
    source = passthrough_model.write_model(directory, width=columns)
    if compiled:
        (directory / "keras_metadata.pb").write_text('"training_config": {')
    return source.saved_model


@pytest.mark.parametrize(
    ("columns", "compiled", "engine", "expected"),
    [
        pytest.param(1, False, "fused", [], id="nothing to warn of"),
        pytest.param(2, False, "fused", [_FLATTENED], id="two columns"),
        pytest.param(2, False, "tfma", [_FLATTENED], id="two columns, stock TFMA"),
        pytest.param(1, True, "fused", [_COMPILED], id="compiled metrics"),
        pytest.param(1, True, "tfma", [], id="compiled metrics, which stock TFMA computes"),
        pytest.param(2, True, "fused", [_FLATTENED, _COMPILED], id="both"),
    ],
)
def test_preflight_warns_of_flattened_outputs_and_compiled_metrics(
    columns: int, compiled: bool, engine: str, expected: list[str], tmp_path: Path
) -> None:
    model = _model(tmp_path / "model", columns, compiled)
    warnings = preflight(_config(), _examples("y"), model, None, engine)
    assert len(warnings) == len(expected)
    for warning, part in zip(warnings, expected, strict=True):
        assert part in warning


@pytest.mark.parametrize(
    ("config", "features", "error"),
    [
        pytest.param(_config(), ["x"], FeatureError, id="the examples lack the label"),
        pytest.param(
            _config(model='signature_name: "other" label_key: "y"'),
            ["y"],
            SignatureError,
            id="no such signature",
        ),
        pytest.param(_config(_UNCOMPUTED), ["y"], EvalConfigError, id="a threshold for no metric"),
    ],
)
def test_preflight_refuses_features_signatures_and_thresholds_that_do_not_fit(
    config: config_pb2.EvalConfig, features: list[str], error: type[UserError], tmp_path: Path
) -> None:
    with pytest.raises(error):
        preflight(config, _examples(*features), _model(tmp_path / "model"), None)


def test_a_threshold_may_be_for_a_metric_that_the_model_was_compiled_with(tmp_path: Path) -> None:
    model = _model(tmp_path / "model", compiled=True)
    (warning,) = preflight(_config(_UNCOMPUTED), _examples("y"), model, None)
    assert _COMPILED in warning


def test_a_baseline_is_checked_like_the_exported_model(tmp_path: Path) -> None:
    model = _model(tmp_path / "model")
    baseline = passthrough_model.write_model(tmp_path / "baseline")
    config = _config(baseline=True)
    assert preflight(config, _examples("y"), model, baseline) == []
    (tmp_path / "baseline" / "variables" / "variables.index").unlink()
    with pytest.raises(SavedModelError, match="The baseline model has no weights"):
        preflight(config, _examples("y"), model, baseline)
