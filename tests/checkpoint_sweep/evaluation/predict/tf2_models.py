"""TensorFlow 2 SavedModels with one trait each."""

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

Batch = dict[str, np.ndarray]
VOCABULARY = ("ash", "beech", "cedar", "elm")


def _features(rows: int = 7, columns: int = 3) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(rows, columns)).astype(np.float32)


def _example(tree: bytes, size: float) -> bytes:
    example = tf.train.Example()
    example.features.feature["tree"].bytes_list.value.append(tree)
    example.features.feature["size"].float_list.value.append(size)
    return example.SerializeToString(deterministic=True)


def _examples() -> Batch:
    trees = [b"elm", b"ash", b"unknown", b"cedar"]
    serialized = [_example(tree, size) for size, tree in enumerate(trees)]
    return {"examples": np.array(serialized, dtype=object)}


def module_with_equal_names(directory: str) -> Batch:
    class Affine(tf.Module):
        def __init__(self, rows: int, columns: int) -> None:
            super().__init__()
            self.w = tf.Variable(tf.random.normal([rows, columns]), name="w")
            self.b = tf.Variable(tf.zeros([columns]), name="w")
            self.unused = tf.Variable(1.0)

        @tf.function
        def __call__(self, x: tf.Tensor) -> tf.Tensor:
            return tf.matmul(x, self.w) + self.b

    class Stack(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [Affine(3, 4), Affine(4, 4), Affine(4, 2)]

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def serve(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            y = x
            for layer in self.layers:
                y = layer(y)
            return {"y": y, "same": x, "norm": tf.norm(x, axis=1)}

    stack = Stack()
    tf.saved_model.save(stack, directory, signatures={"serving_default": stack.serve})
    return {"x": _features()}


def vocabulary_asset(directory: str) -> Batch:
    path = os.path.join(os.path.dirname(directory), "vocabulary.txt")
    with open(path, "w") as file:
        file.write("\n".join(VOCABULARY))

    class Trees(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            initializer = tf.lookup.TextFileInitializer(
                path,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            )
            self.table = tf.lookup.StaticVocabularyTable(initializer, num_oov_buckets=1)
            self.embedding = tf.Variable(tf.random.normal([len(VOCABULARY) + 1, 2]))

        @tf.function
        def parse(self, examples: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            spec = {
                "tree": tf.io.FixedLenFeature([], tf.string),
                "size": tf.io.FixedLenFeature([], tf.float32),
            }
            parsed = tf.io.parse_example(examples, spec)
            return self.table.lookup(parsed["tree"]), parsed["size"]

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
            ids, size = self.parse(examples)
            embedded = tf.nn.embedding_lookup(self.embedding, ids)
            return {"y": embedded * size[:, None], "ids": ids}

    trees = Trees()
    tf.saved_model.save(trees, directory, signatures=trees.serve)
    return _examples()


def control_flow_and_assignment(directory: str) -> Batch:
    class Loop(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable(tf.random.normal([3, 3]))
            self.scratch = tf.Variable(tf.zeros([3, 3]))

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def serve(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            self.scratch.assign(self.w * 2.0)
            y = x
            for _ in tf.range(3):
                y = tf.tanh(tf.matmul(y, self.scratch))
            if tf.reduce_sum(y) > 0:
                y = -y
            return {"y": y}

    loop = Loop()
    tf.saved_model.save(loop, directory, signatures=loop.serve)
    return {"x": _features()}


def compiled_function(directory: str) -> Batch:
    class Compiled(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable(tf.random.normal([3, 2]))

        @tf.function(jit_compile=True)
        def core(self, x: tf.Tensor) -> tf.Tensor:
            return tf.tanh(tf.matmul(x, self.w))

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def serve(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": self.core(x)}

    compiled = Compiled()
    tf.saved_model.save(compiled, directory, signatures=compiled.serve)
    return {"x": _features()}


def keras_functional_batch_norm(directory: str) -> Batch:
    x = tf.keras.Input([3], name="x")
    hidden = tf.keras.layers.Dense(4, activation="relu")(x)
    hidden = tf.keras.layers.BatchNormalization()(hidden)
    y = tf.keras.layers.Dense(1, activation="sigmoid", name="y")(hidden)
    model = tf.keras.Model(x, y)
    model.compile("adam", "binary_crossentropy")
    model.fit(_features(), np.ones([7, 1]), verbose=0)
    model.save(directory)
    return {"x": _features()}


def keras_recurrent(directory: str) -> Batch:
    x = tf.keras.Input([5, 3], name="x")
    y = tf.keras.layers.Dense(2, name="y")(tf.keras.layers.SimpleRNN(4)(x))
    tf.keras.Model(x, y).save(directory)
    return {"x": np.random.default_rng(1).normal(size=(6, 5, 3)).astype(np.float32)}


def keras_with_preprocessing_in_the_signature(directory: str) -> Batch:
    tree, size = tf.keras.Input([], name="tree", dtype=tf.int64), tf.keras.Input([1], name="size")
    embedded = tf.keras.layers.Embedding(len(VOCABULARY) + 1, 3)(tree)
    merged = tf.keras.layers.Concatenate()([embedded, size])
    model = tf.keras.Model({"tree": tree, "size": size}, tf.keras.layers.Dense(2)(merged))
    model.lookup = tf.keras.layers.StringLookup(vocabulary=list(VOCABULARY))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = {
            "tree": tf.io.FixedLenFeature([], tf.string),
            "size": tf.io.FixedLenFeature([1], tf.float32),
        }
        parsed = tf.io.parse_example(examples, spec)
        logits = model({"tree": model.lookup(parsed["tree"]), "size": parsed["size"]})
        return {"logits": logits, "probabilities": tf.nn.softmax(logits)}

    model.save(directory, signatures={"serving_default": serve})
    return _examples()


MODELS: dict[str, Callable[[str], Batch]] = {
    builder.__name__: builder
    for builder in (
        module_with_equal_names,
        vocabulary_asset,
        control_flow_and_assignment,
        compiled_function,
        keras_functional_batch_norm,
        keras_recurrent,
        keras_with_preprocessing_in_the_signature,
    )
}
