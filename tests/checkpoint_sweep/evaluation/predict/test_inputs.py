"""Inputs on which nothing depends are not fed; a fixed batch is padded."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.predict.loader import LoadedModels
from checkpoint_sweep.evaluation.predict.serving_graph import used_inputs
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel


class _Model(tf.Module):
    """Twice x; label_ids are taken and not used."""

    def __init__(self, batch: int | None) -> None:
        super().__init__()
        self.weight = tf.Variable(2.0)
        self.serve = tf.function(
            lambda x, label_ids: {"p": self.weight * x, "all": tf.reduce_sum(x)},
            input_signature=[
                tf.TensorSpec([batch], tf.float32, name="x"),
                tf.TensorSpec([batch], tf.int64, name="label_ids"),
            ],
        )


def _source(directory: Path, batch: int | None) -> ModelSource:
    model = _Model(batch)
    tf.saved_model.save(model, str(directory), signatures=model.serve)
    return ModelSource.from_saved_model("model", str(directory))


def test_an_input_on_which_no_output_depends_is_not_fed(tmp_path: Path) -> None:
    predictor = LoadedModels([_source(tmp_path, None)])
    assert predictor.input_specs.keys() == {"x"}
    assert used_inputs(SavedModel(str(tmp_path)), "serving_default") == {"x"}
    (outputs,) = predictor.predict({"x": np.array([1.0, 2.0], np.float32)})
    assert outputs["p"].tolist() == [2.0, 4.0]


@pytest.mark.parametrize("rows", [1, 4, 6, 8])
def test_a_fixed_batch_is_padded_and_the_padding_dropped(rows: int, tmp_path: Path) -> None:
    predictor = LoadedModels([_source(tmp_path, 4)])
    x = np.arange(rows, dtype=np.float32)
    (outputs,) = predictor.predict({"x": x})
    assert outputs["p"].tolist() == (2 * x).tolist()
