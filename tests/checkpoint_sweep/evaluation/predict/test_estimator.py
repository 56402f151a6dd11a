"""A trained Estimator's checkpoints, on the graph of its export."""

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.predict import LoadedModels, plan_groups
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.checkpoint_sweep.evaluation.predict.oracle import assert_same, predict_v1
from tests.support.estimator_run import EstimatorRun


@pytest.mark.parametrize("steps", [(60,), (20, 40, 60)])
def test_checkpoints_predict_like_their_saved_models(
    steps: tuple[int, ...],
    trained: EstimatorRun,
    examples: list[bytes],
    tmp_path: pathlib.Path,
) -> None:
    saved_model = SavedModel(str(trained.export))
    models = [
        ModelSource(f"step-{step}", saved_model, f"{trained.model_run}/model.ckpt-{step}")
        for step in steps
    ]
    exported = ModelSource.from_saved_model("exported", str(trained.export))
    batch = {"examples": np.array(examples, dtype=object)}

    predictor = LoadedModels([*models, exported])
    predictions = predictor.predict(batch)
    predictor.close()

    for model, outputs in zip([*models, exported], predictions, strict=True):
        assert_same(outputs, predict_v1(model, str(tmp_path), batch, "serving_default"))
    np.testing.assert_array_equal(predictions[-2]["probability"], predictions[-1]["probability"])
    assert len({outputs["probability"].tobytes() for outputs in predictions}) == len(steps)


def test_without_weights_all_models_predict_the_same(tmp_path: pathlib.Path) -> None:
    directory = os.path.join(tmp_path, "stateless")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [None], name="x")
        tf.compat.v1.saved_model.simple_save(session, directory, {"x": x}, {"y": x * 2.0})
    model = ModelSource.from_saved_model("stateless", directory)
    assert plan_groups([model, model]) == [[model, model]]
    first, second = LoadedModels([model, model]).predict({"x": np.float32([1, 2])})
    assert first["y"].tolist() == second["y"].tolist() == [2.0, 4.0]
