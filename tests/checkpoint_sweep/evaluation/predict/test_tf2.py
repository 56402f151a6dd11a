"""Fused TensorFlow 2 models predict what ``tf.saved_model.load`` predicts, model by model."""

import pathlib

import numpy as np
import pytest

from checkpoint_sweep.evaluation.predict import FusedModels
from tests.checkpoint_sweep.evaluation.predict.oracle import assert_same, predict_v2, write_variants
from tests.checkpoint_sweep.evaluation.predict.tf2_models import MODELS


@pytest.mark.parametrize("name", sorted(MODELS))
def test_fused_models_predict_as_tensorflows_loader(name: str, tmp_path: pathlib.Path) -> None:
    exported = str(tmp_path / "exported")
    batch = MODELS[name](exported)
    models = write_variants(exported, str(tmp_path), 3)
    expected = [predict_v2(model, str(tmp_path), batch, "serving_default") for model in models]

    for count in (1, 3):
        predictor = FusedModels(models[:count])
        predictions = predictor.predict(batch)
        predictor.close()

        for actual, oracle in zip(predictions, expected[:count], strict=True):
            assert_same(actual, oracle)
    first, second = expected[0], expected[1]
    assert any(not np.array_equal(first[key], second[key]) for key in first), (
        "the variants must differ, or this test shows nothing"
    )
