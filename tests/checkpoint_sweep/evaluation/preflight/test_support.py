"""What the engine cannot run is refused before anything runs, with the reason."""

import pytest

from checkpoint_sweep.evaluation import EvaluateModels, unsupported_reason
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.checkpoint_sweep.evaluation import tfma_oracle

SUPPORTED = 'model_specs { label_key: "label" } metrics_specs { metrics { class_name: "AUC" } }'
UNSUPPORTED = {
    "SQL": 'slicing_specs { slice_keys_sql: "SELECT 1" }',
    "tf_lite": 'model_specs { model_type: "tf_lite" }',
}


def test_an_ordinary_config_is_supported():
    assert unsupported_reason(tfma_oracle.config(SUPPORTED)) is None


@pytest.mark.parametrize("reason", UNSUPPORTED)
def test_a_config_that_needs_stock_tfma_is_refused(reason):
    eval_config = tfma_oracle.config(UNSUPPORTED[reason])
    assert reason in unsupported_reason(eval_config)
    with pytest.raises(ValueError, match="needs stock TFMA"):
        EvaluateModels(
            [ModelSource("a", SavedModel("no/model"), "no/weights")], {"a": "out"}, eval_config
        )


@pytest.mark.parametrize(
    ("names", "outputs", "message"),
    [
        ([], {}, "names"),
        (["a", "a"], {"a": ""}, "each its own"),
        (["a"], {}, "no output directory"),
    ],
)
def test_candidates_need_names_and_directories(names, outputs, message):
    candidates = [ModelSource(name, SavedModel("no/model"), "no/weights") for name in names]
    with pytest.raises(ValueError, match=message):
        EvaluateModels(candidates, outputs, tfma_oracle.config(SUPPORTED))


def test_a_baseline_needs_a_model_spec_and_the_other_way_round():
    source = ModelSource("a", SavedModel("no/model"), "no/weights")
    with pytest.raises(ValueError, match="no ModelSpec is_baseline"):
        EvaluateModels([source], {"a": ""}, tfma_oracle.config(SUPPORTED), baseline=source)
    with pytest.raises(ValueError, match="is missing"):
        EvaluateModels([source], {"a": ""}, tfma_oracle.config(SUPPORTED, baseline=True))
