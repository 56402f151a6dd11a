"""Thresholds that every value meets validate nothing."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import unvalidated_reason, with_defaults
from checkpoint_sweep.errors import EvalConfigError

_NONE = "the evaluation config has no thresholds"
_NO_BOUND = "no threshold of the evaluation config has a finite bound"
_CONFIG = """
model_specs { label_key: "y" }
slicing_specs {}
metrics_specs { metrics { class_name: "AUC" %s } }
"""


@pytest.mark.parametrize(
    ("threshold", "reason"),
    [
        ("", _NONE),
        ("threshold { value_threshold {} }", _NO_BOUND),
        ("threshold { value_threshold { lower_bound { value: -inf } } }", _NO_BOUND),
        ("threshold { value_threshold { upper_bound { value: inf } } }", _NO_BOUND),
        ("threshold { change_threshold { direction: HIGHER_IS_BETTER } }", _NO_BOUND),
        (
            "threshold { change_threshold { direction: LOWER_IS_BETTER absolute { value: inf } } }",
            _NO_BOUND,
        ),
        ("threshold { value_threshold { lower_bound { value: 0 } } }", None),
        ("threshold { value_threshold {} change_threshold { absolute {} } }", None),
        (
            "per_slice_thresholds { slicing_specs {} threshold { value_threshold {} } } "
            "threshold { value_threshold { upper_bound { value: 1 } } }",
            None,
        ),
    ],
)
def test_only_a_finite_bound_validates(threshold: str, reason: str | None) -> None:
    config = with_defaults(
        text_format.Parse(_CONFIG % threshold, config_pb2.EvalConfig()), has_baseline=True
    )
    assert unvalidated_reason(config) == reason


def test_a_metric_whose_module_ends_the_process_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ending_metric.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    text = _CONFIG.replace('"AUC" %s', '"Ending" module: "ending_metric"')
    with pytest.raises(EvalConfigError, match=r"Ending: its module calls sys\.exit"):
        with_defaults(text_format.Parse(text, config_pb2.EvalConfig()), has_baseline=True)
