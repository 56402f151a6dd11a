"""Moving statistics of normalisations are found by the graph and by names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from checkpoint_sweep.saved_model import moving_statistics
from checkpoint_sweep.saved_model.restored_variables import served_graph
from checkpoint_sweep.saved_model.saved_model import SavedModel

v1 = tf.compat.v1
SHAPE = [4, 2, 2, 3]


def _image() -> tf.Tensor:
    return v1.placeholder(tf.float32, SHAPE, name="x")


def _plain(shape: list[int], name: str, resource: bool) -> tf.Tensor:
    variable = v1.get_variable(
        name, shape, use_resource=resource, initializer=tf.ones_initializer()
    )
    return tf.convert_to_tensor(variable)


def _fused(training: bool, resource: bool = True) -> Callable[[], Any]:
    def build() -> tf.Tensor:
        x = _image()
        scale, offset, a, b = (_plain([3], name, resource) for name in ("s", "o", "a", "b"))
        if training:
            return v1.nn.fused_batch_norm(x, scale, offset, is_training=True)[0] + a * b
        return v1.nn.fused_batch_norm(x, scale, offset, a, b, is_training=False)[0]

    return build


def _unfused(resource: bool) -> Callable[[], Any]:
    def build() -> tf.Tensor:
        a, b = (_plain([3], name, resource) for name in "ab")
        return tf.nn.batch_normalization(_image(), a, tf.reshape(b, [1, 3]), None, None, 1e-3)

    return build


def _divided() -> tf.Tensor:
    a, b = (_plain([3], name, True) for name in "ab")
    return (_image() - a) / tf.maximum(tf.sqrt(b + 1e-3), 1e-6)


def _layer(fused: bool) -> Callable[[], Any]:
    return lambda: v1.layers.batch_normalization(_image(), fused=fused, name="bn")


def _own_names() -> tf.Tensor:
    with v1.variable_scope("norm"):
        mean = _plain([3], "running_mean", True)
    return _image() - mean


def _layer_norm() -> tf.Tensor:
    mean, variance = tf.nn.moments(_image(), [-1], keepdims=True)
    scale = _plain([3], "moving_target", True)  # Moving, and no statistic.
    return tf.nn.batch_normalization(_image(), mean, variance, None, scale, 1e-3)


def _root() -> tf.Tensor:
    return _image() * tf.sqrt(_plain([3], "a", True))


GRAPHS = {
    "fused": (_fused(training=False), {"a", "b"}),
    "fused, reference variables": (_fused(training=False, resource=False), {"a", "b"}),
    "fused, statistics of the batch": (_fused(training=True), set()),
    "unfused": (_unfused(True), {"b"}),
    "unfused, reference variables": (_unfused(False), {"b"}),
    "divided by a root": (_divided, {"b"}),
    "tf.layers": (_layer(True), {"bn/moving_mean", "bn/moving_variance"}),
    "tf.layers, unfused": (_layer(False), {"bn/moving_mean", "bn/moving_variance"}),
    "by a name alone": (_own_names, {"norm/running_mean"}),
    "layer normalisation": (_layer_norm, set()),
    "a root that nothing is divided by": (_root, set()),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_statistics_in_a_tensorflow_1_graph_are_found(name: str, tmp_path: Path) -> None:
    build, expected = GRAPHS[name]
    directory = str(tmp_path / "model")
    with tf.Graph().as_default() as graph, v1.Session() as session:
        y = build()
        session.run(v1.global_variables_initializer())
        x = graph.get_tensor_by_name("x:0")
        v1.saved_model.simple_save(session, directory, {"x": x}, {"y": y})
    served = served_graph(SavedModel(directory))
    assert served is not None
    names = {key: key for key in served.variables.values()}
    assert moving_statistics.by_graph(served) | moving_statistics.by_name(names) == expected
    assert not moving_statistics.is_hidden(served)


def _keras(*layers: Any, shape: Any = (2, 2, 3)) -> Any:
    return tf.keras.Sequential([tf.keras.Input(shape), *layers])


def _normalization() -> Any:
    layer = tf.keras.layers.Normalization()
    layer.adapt([[1.0, 2.0], [3.0, 5.0]])
    return _keras(layer, tf.keras.layers.Dense(1), shape=(2,))


LAYERS = tf.keras.layers
MODELS: dict[str, tuple[Callable[[], Any], int]] = {
    "fused": (lambda: _keras(LAYERS.Conv2D(3, 1), LAYERS.BatchNormalization()), 2),
    "unfused": (lambda: _keras(LAYERS.Dense(4), LAYERS.BatchNormalization(), shape=(3,)), 1),
    "layer normalisation": (lambda: _keras(LAYERS.Dense(4), LAYERS.LayerNormalization()), 0),
    "no normalisation": (lambda: _keras(LAYERS.Dense(4)), 0),
}


@pytest.mark.parametrize("name", MODELS)
def test_statistics_of_a_keras_model_are_found(name: str, tmp_path: Path) -> None:
    build, expected = MODELS[name]
    model = build()
    model.compile("adam", "mse")
    directory = str(tmp_path / "model")
    model.save(directory, save_format="tf")
    served = served_graph(SavedModel(directory))
    assert served is not None
    assert len(moving_statistics.by_graph(served)) == expected


def test_a_normalisation_in_a_branch_is_hidden(tmp_path: Path) -> None:
    layer = LAYERS.BatchNormalization()
    layer.build(SHAPE)

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = layer.variables

        @tf.function(input_signature=[tf.TensorSpec(SHAPE, tf.float32)])
        def serve(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            if tf.reduce_sum(x) > 0:
                x = layer(x, training=False)
            return {"y": x}

    model, directory = Model(), str(tmp_path / "model")
    tf.saved_model.save(model, directory, signatures={"serving_default": model.serve})
    served = served_graph(SavedModel(directory))
    assert served is not None
    assert moving_statistics.is_hidden(served)
    assert not moving_statistics.by_graph(served)


def test_a_table_is_told_from_a_variable(tmp_path: Path) -> None:
    directory = str(tmp_path / "model")
    with tf.Graph().as_default(), v1.Session() as session:
        table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, 0.0, "table")
        key = v1.placeholder(tf.int64, [None], name="x")
        y = table.lookup(key) * _plain([], "w", True)
        saver = v1.train.Saver([*v1.global_variables(), table])
        session.run([v1.global_variables_initializer(), table.insert([1], [2.0])])
        builder = v1.saved_model.Builder(directory)
        info = v1.saved_model.utils.build_tensor_info
        signature = v1.saved_model.build_signature_def({"x": info(key)}, {"y": info(y)})
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature}, saver=saver
        )
        builder.save()
    served = served_graph(SavedModel(directory))
    assert served is not None
    assert set(served.variables.values()) == {"w"}
    assert {key.rsplit("-", 1)[-1] for key in served.tables} == {"keys", "values"}
