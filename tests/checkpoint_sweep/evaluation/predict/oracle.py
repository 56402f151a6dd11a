"""Weights that differ, and what TensorFlow's own loaders predict with them."""

import os

import numpy as np
import tensorflow as tf

from checkpoint_sweep.saved_model import weight_swap
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.support.tensor_bundles import write_bundle


def write_variants(exported: str, directory: str, count: int) -> list[ModelSource]:
    """Models on the exported's graph, each with weights of its own in a bundle of its own."""
    reader = tf.train.load_checkpoint(os.path.join(exported, weight_swap.VARIABLES))
    dtypes = reader.get_variable_to_dtype_map()
    models = []
    for index in range(count):
        random = np.random.default_rng(100 + index)
        values = {}
        for key in (key for key in sorted(dtypes) if dtypes[key] != tf.string):
            value = reader.get_tensor(key)
            if dtypes[key].is_floating:
                # Positive, so that moving variances stay variances.
                value = np.abs(value) + random.uniform(0.1, 1.0, value.shape)
                value *= 1.0 if "variance" in key else random.choice([-0.5, 0.5], value.shape)
            values[key] = np.asarray(value, dtypes[key].as_numpy_dtype)
        prefix = os.path.join(directory, f"weights-{index}")
        write_bundle(prefix, values)
        models.append(ModelSource(f"variant-{index}", SavedModel(exported), prefix))
    return models


def _swapped(model: ModelSource, scratch: str) -> str:
    """The directory of the weight-swapped SavedModel, which is written once."""
    directory = os.path.join(scratch, f"oracle-{model.name}")
    if not os.path.exists(directory):
        weight_swap.write_saved_model(model, directory)
    return directory


def predict_v1(
    model: ModelSource, scratch: str, batch: dict[str, np.ndarray], signature: str
) -> dict[str, np.ndarray]:
    """Predictions of the weight-swapped SavedModel in a ``compat.v1`` session."""
    directory = _swapped(model, scratch)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], directory)
        infos = loaded.signature_def[signature]
        outputs: dict[str, np.ndarray] = session.run(
            {name: info.name for name, info in infos.outputs.items()},
            {infos.inputs[name].name: value for name, value in batch.items()},
        )
    return outputs


def predict_v2(
    model: ModelSource, scratch: str, batch: dict[str, np.ndarray], signature: str
) -> dict[str, np.ndarray]:
    """Predictions of the weight-swapped SavedModel loaded by ``tf.saved_model.load``."""
    directory = _swapped(model, scratch)
    function = tf.saved_model.load(directory).signatures[signature]
    specs = function.structured_input_signature[1]
    outputs = function(
        **{name: tf.constant(value, specs[name].dtype) for name, value in batch.items()}
    )
    return {name: value.numpy() for name, value in outputs.items()}


def assert_same(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    """Equal names, shapes and dtypes; floats to float32 rounding, everything else exactly."""
    assert sorted(actual) == sorted(expected)
    for name, value in expected.items():
        assert actual[name].shape == value.shape, name
        assert actual[name].dtype == value.dtype, name
        if value.dtype.kind == "f":
            np.testing.assert_allclose(actual[name], value, rtol=2e-5, atol=1e-6, err_msg=name)
        else:
            np.testing.assert_array_equal(actual[name], value, err_msg=name)
