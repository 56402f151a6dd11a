"""TensorFlow 1 graphs with one trait each, exported as SavedModels.

Over 300 lines: a list, to which a trait adds a function.
"""

import dataclasses
import os
from collections.abc import Callable
from unittest import mock

import numpy as np
import tensorflow as tf
import tf_slim as slim
from tensorflow.python.framework import ops

v1 = tf.compat.v1
VOCABULARY = ("ash", "beech", "cedar", "elm")


@dataclasses.dataclass
class Built:
    """What a builder made in the default graph, and a batch to feed it."""

    inputs: dict[str, tf.Tensor]
    outputs: dict[str, tf.Tensor]
    batch: dict[str, np.ndarray]
    init: tf.Operation | None = None
    saver: v1.train.Saver | None = None
    setup: tf.Operation | None = None


def _features(rows: int = 7, columns: int = 3) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(rows, columns)).astype(np.float32)


def _x() -> tf.Tensor:
    return v1.placeholder(tf.float32, [None, 3], name="x")


def _dense(x: tf.Tensor, units: int, name: str = "dense", **scope: object) -> tf.Tensor:
    with v1.variable_scope(name, **scope):
        kernel = v1.get_variable("kernel", [x.shape[-1], units])
        bias = v1.get_variable("bias", [units], initializer=tf.zeros_initializer())
        return tf.matmul(x, tf.convert_to_tensor(kernel)) + bias


def reference_variables() -> Built:
    x = _x()
    return Built({"x": x}, {"y": _dense(x, 2, use_resource=False)}, {"x": _features()})


def resource_variables() -> Built:
    x = _x()
    return Built({"x": x}, {"y": _dense(x, 2, use_resource=True)}, {"x": _features()})


def _partitioned(use_resource: bool) -> Built:
    x = _x()
    with v1.variable_scope(
        "p", partitioner=v1.fixed_size_partitioner(2), use_resource=use_resource
    ):
        kernel = v1.get_variable("kernel", [3, 4])
    return Built({"x": x}, {"y": tf.matmul(x, tf.convert_to_tensor(kernel))}, {"x": _features()})


def partitioned_reference_variables() -> Built:
    return _partitioned(use_resource=False)


def partitioned_resource_variables() -> Built:
    return _partitioned(use_resource=True)


def vocabulary_asset() -> Built:
    path = os.path.join(v1.get_default_graph().scratch, "vocabulary.txt")  # type: ignore[attr-defined]
    with open(path, "w") as file:
        file.write("\n".join(VOCABULARY))
    serialized = v1.placeholder(tf.string, [None], name="examples")
    parsed = v1.io.parse_example(serialized, {"tree": tf.io.FixedLenFeature([], tf.string)})
    asset = tf.constant(path)
    v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
            asset,
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        num_oov_buckets=1,
    )
    embedding = v1.get_variable("embedding", [len(VOCABULARY) + 1, 2])
    ids = table.lookup(parsed["tree"])
    trees = [b"elm", b"ash", b"unknown", b"cedar"]
    batch = np.array([serialized_tree(tree) for tree in trees], dtype=object)
    return Built(
        {"examples": serialized},
        {"y": tf.nn.embedding_lookup(embedding, ids), "ids": ids},
        {"examples": batch},
        init=v1.tables_initializer(),
    )


def serialized_tree(tree: bytes) -> bytes:
    value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[tree]))
    return tf.train.Example(features=tf.train.Features(feature={"tree": value})).SerializeToString()


def while_loop_over_weights() -> Built:
    x = _x()
    kernel = v1.get_variable("kernel", [3, 3])
    _, y = v1.while_loop(
        lambda i, _: i < 4, lambda i, state: (i + 1, tf.tanh(tf.matmul(state, kernel))), (0, x)
    )
    return Built({"x": x}, {"y": y}, {"x": _features()})


def while_loop_as_long_as_weights_say() -> Built:
    x = _x()
    step = v1.get_variable("step", [], initializer=tf.constant_initializer(0.7))
    (count, y) = v1.while_loop(
        lambda i, state: tf.reduce_sum(tf.abs(state)) < 50.0,
        lambda i, state: (i + 1, state * (1.0 + tf.abs(step))),
        (0, x),
    )
    return Built({"x": x}, {"y": y, "count": tf.fill([tf.shape(x)[0]], count)}, {"x": _features()})


def nested_while_loops() -> Built:
    x = _x()
    kernel = v1.get_variable("kernel", [3, 3])

    def body(i: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        _, inner = v1.while_loop(
            lambda j, _: j < 2, lambda j, s: (j + 1, tf.tanh(tf.matmul(s, kernel))), (0, state)
        )
        return i + 1, inner + 0.1

    _, y = v1.while_loop(lambda i, _: i < 3, body, (0, x))
    return Built({"x": x}, {"y": y}, {"x": _features()})


def map_fn_before_and_over_weights() -> Built:
    x = _x()
    kernel = v1.get_variable("kernel", [3, 2])
    shared = tf.map_fn(lambda row: row / (1.0 + tf.reduce_sum(tf.abs(row))), x)
    y = tf.map_fn(lambda row: tf.linalg.matvec(kernel, row, transpose_a=True), shared)
    return Built({"x": x}, {"y": y, "shared": shared}, {"x": _features()})


def cond() -> Built:
    x = _x()
    kernel = v1.get_variable("kernel", [3, 2])
    y = v1.cond(
        tf.reduce_sum(tf.matmul(x, kernel)) > 0,
        lambda: tf.matmul(x, kernel),
        lambda: tf.ones([tf.shape(x)[0], 2]),
    )
    by_input = v1.cond(
        tf.shape(x)[0] > 3, lambda: tf.matmul(x, kernel), lambda: tf.matmul(-x, kernel)
    )
    return Built({"x": x}, {"y": y, "by_input": by_input}, {"x": _features()})


def functional_control_flow() -> Built:
    x = _x()
    with v1.variable_scope("f", use_resource=True):
        kernel = v1.get_variable("kernel", [3, 3])

    @tf.function
    def call(x: tf.Tensor) -> tf.Tensor:
        state = x
        for _ in tf.range(3):
            state = tf.tanh(tf.matmul(state, kernel))
        if tf.reduce_sum(state) > 0:
            return state
        return -state

    return Built({"x": x}, {"y": call(x)}, {"x": _features()})


def several_outputs() -> Built:
    x = _x()
    logits = _dense(x, 3)
    return Built(
        {"x": x},
        {
            "logits": logits,
            "probabilities": tf.nn.softmax(logits),
            "classes": tf.as_string(tf.argmax(logits, 1)),
            "norm": tf.norm(x, axis=1),
            "same": x,
        },
        {"x": _features()},
    )


def slim_batch_norm() -> Built:
    x = _x()
    # tf-slim 1.1.0 looks for ops.Tensor, which moved to another module in TensorFlow 2.13.
    moved = mock.patch.object(ops, "Tensor", tf.Tensor, create=True)
    with moved, slim.arg_scope([slim.batch_norm], is_training=False, scale=True):
        net = slim.fully_connected(x, 5, normalizer_fn=slim.batch_norm)
        y = slim.fully_connected(net, 1, activation_fn=None)
    return Built({"x": x}, {"y": y}, {"x": _features()})


def sharded_sequential_saver() -> Built:
    x = _x()
    y = _dense(_dense(x, 4, "one"), 2, "two", use_resource=True)
    saver = v1.train.Saver(sharded=True, restore_sequentially=True)
    return Built({"x": x}, {"y": y}, {"x": _features()}, saver=saver)


def initialized_local_variable() -> Built:
    x = _x()
    offset = v1.get_local_variable("offset", initializer=tf.constant([1.0, 2.0]))
    init = v1.local_variables_initializer()
    return Built({"x": x}, {"y": _dense(x, 2) + offset}, {"x": _features()}, init=init)


def parsed_tensor_as_input() -> Built:
    serialized = v1.placeholder(tf.string, [None], name="examples")
    parsed = v1.io.parse_example(
        serialized,
        {"a": tf.io.FixedLenFeature([3], tf.float32), "b": tf.io.FixedLenFeature([3], tf.float32)},
    )
    y = _dense(parsed["a"] * parsed["b"], 2)
    batch = {"a": _features(), "b": _features() + 1}
    return Built({"a": parsed["a"], "b": parsed["b"]}, {"y": y}, batch)


def checkpointed_table() -> Built:
    x = v1.placeholder(tf.int64, [None], name="x")
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, -1.0, name="prices")
    scale = v1.get_variable("scale", [])
    setup = table.insert(tf.constant([1, 2, 3], tf.int64), tf.constant([1.0, 2.0, 3.0]))
    batch = {"x": np.array([3, 1, 7], np.int64)}
    return Built(
        {"x": x}, {"y": table.lookup(x), "scaled": table.lookup(x) * scale}, batch, setup=setup
    )


def variable_inside_a_function() -> Built:
    """Not in `GRAPHS`: it cannot be fused, because the function finds its variable by name."""
    x = _x()
    v1.get_variable("kernel", [3, 2], use_resource=True)

    @tf.function(autograph=False)
    def call(x: tf.Tensor) -> tf.Tensor:
        handle = tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[3, 2], shared_name="kernel")
        return tf.matmul(x, tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float32))

    return Built({"x": x}, {"y": call(x)}, {"x": _features()})


GRAPHS: dict[str, Callable[[], Built]] = {
    builder.__name__: builder
    for builder in (
        reference_variables,
        resource_variables,
        partitioned_reference_variables,
        partitioned_resource_variables,
        vocabulary_asset,
        while_loop_over_weights,
        while_loop_as_long_as_weights_say,
        nested_while_loops,
        map_fn_before_and_over_weights,
        cond,
        functional_control_flow,
        several_outputs,
        slim_batch_norm,
        sharded_sequential_saver,
        initialized_local_variable,
        parsed_tensor_as_input,
        checkpointed_table,
    )
}


def export(builder: Callable[[], Built], directory: str) -> dict[str, np.ndarray]:
    """Writes the SavedModel with two signatures, the second with one output; returns a batch."""
    graph = tf.Graph()
    graph.scratch = os.path.dirname(directory)  # type: ignore[attr-defined]
    with graph.as_default(), v1.Session() as session:
        v1.disable_control_flow_v2()
        v1.set_random_seed(3)
        built = builder()
        session.run([v1.global_variables_initializer(), v1.local_variables_initializer()])
        if built.setup is not None:
            session.run(built.setup)
        first = dict([min(built.outputs.items())])
        saved = v1.saved_model.Builder(directory)
        saved.add_meta_graph_and_variables(
            session,
            ["serve"],
            signature_def_map={
                "serving_default": v1.saved_model.predict_signature_def(
                    built.inputs, built.outputs
                ),
                "other": v1.saved_model.predict_signature_def(built.inputs, first),
            },
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=built.init,
            saver=built.saver,
        )
        saved.save()
    return built.batch
