"""Fused TensorFlow 1 models predict what TensorFlow's own loader predicts, model by model."""

import pathlib

import numpy as np
import pytest

from checkpoint_sweep.evaluation.predict import FusedModels
from tests.checkpoint_sweep.evaluation.predict.oracle import assert_same, predict_v1, write_variants
from tests.checkpoint_sweep.evaluation.predict.tf1_graphs import GRAPHS, export


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_fused_models_predict_as_tensorflows_loader(
    name: str, count: int, tmp_path: pathlib.Path
) -> None:
    exported = str(tmp_path / "exported")
    batch = export(GRAPHS[name], exported)
    models = write_variants(exported, str(tmp_path), count)

    for signature in ("serving_default", "other"):
        predictor = FusedModels(models, signature)
        predictions = predictor.predict(batch)
        predictor.close()

        expected = [predict_v1(model, str(tmp_path), batch, signature) for model in models]
        for actual, oracle in zip(predictions, expected, strict=True):
            assert_same(actual, oracle)
        if count > 1 and signature == "serving_default":
            first, second = expected[0], expected[1]
            assert any(not np.array_equal(first[key], second[key]) for key in first), (
                "the variants must differ, or this test shows nothing"
            )
