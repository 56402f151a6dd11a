"""Small Keras models and modules whose checkpoints differ, and the ways to save and export them.

Weights are set, not trained: each checkpoint has its own, and the exported one has zeros and ones
in many variables at once, so that values alone cannot tell them apart.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

STEPS = (1, 2, 3)
FEATURES = {
    "fare": tf.io.FixedLenFeature([], tf.float32),
    "trip_start_hour": tf.io.FixedLenFeature([], tf.int64),
}
keras = tf.keras


@dataclasses.dataclass(frozen=True)
class KerasRun:
    """The output of a Trainer.

    Attributes:
        model: Model, with the weights of the last checkpoint.
        model_run: Directory with the checkpoints of `STEPS`.
        export: Directory of the SavedModel of the last one.
        restore: Puts the weights of a checkpoint, by its prefix, into `model`.
    """

    model: Any
    model_run: Path
    export: Path
    restore: Callable[[str], None]


def parse(examples: tf.Tensor) -> tf.Tensor:
    """Parses serialized examples, (batch,), to (batch, 2) float32."""
    columns = tf.io.parse_example(examples, FEATURES)
    hour = tf.cast(columns["trip_start_hour"], tf.float32)
    return tf.stack([columns["fare"] / 20.0, hour / 24.0], axis=1)


def sequential() -> Any:
    """Builds a model of plain layers."""
    layers = [keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([keras.Input([2]), *layers])


def nested() -> Any:
    """Builds a model within a model, with batch normalization in both."""
    inner = keras.Sequential(
        [keras.layers.Dense(3), keras.layers.BatchNormalization()], name="inner"
    )
    inputs = keras.Input([2])
    hidden = keras.layers.BatchNormalization()(tf.nn.tanh(inner(inputs)))
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))


class Subclassed(keras.Model):
    """Layers in a list, in a dict, and one that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [keras.layers.Dense(3), keras.layers.BatchNormalization()]
        self.heads = {"first": keras.layers.Dense(1), "second": keras.layers.Dense(1)}
        self.again = self.parts[1]

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Predicts."""
        hidden = tf.nn.tanh(self.parts[1](self.parts[0](inputs), training=training))
        hidden = self.again(hidden, training=training)
        return tf.nn.sigmoid(self.heads["first"](hidden) - self.heads["second"](hidden))


def subclassed() -> Any:
    """Builds a `Subclassed`, with its variables."""
    model = Subclassed()
    model(tf.zeros([1, 2]))
    return model


class Affine(tf.Module):
    """A layer whose variables all have one name."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.w = tf.Variable(tf.zeros([rows, columns]), name="v")
        self.b = tf.Variable(tf.zeros([columns]), name="v")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Predicts."""
        return tf.matmul(x, self.w) + self.b


class Module(tf.Module):
    """A custom module."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [Affine(2, 2), Affine(2, 2), Affine(2, 1)]
        self.counter = tf.Variable(0, trainable=False)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Predicts."""
        for layer in self.layers:
            x = tf.nn.sigmoid(layer(x))
        return x


def set_weights(model: Any, step: int) -> None:
    """Gives each checkpoint weights of its own; the last one many zeros and ones."""
    random = np.random.default_rng(step)
    for index, variable in enumerate(v for v in model.variables if v.dtype.is_floating):
        value = random.uniform(0.2, 1.0, variable.shape)
        if step == STEPS[-1] and index > 1:
            value = np.ones(variable.shape) if index % 2 else np.zeros(variable.shape)
        if step == STEPS[-1] and "variance" in variable.name:
            value = np.ones(variable.shape)
        variable.assign(value.astype(np.float32))


def manager(directory: Path, model: Any) -> Callable[[str], None]:
    """Saves by `tf.train.CheckpointManager`, with an optimizer and counters beside the model."""
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, step=tf.Variable(0))
    saver = tf.train.CheckpointManager(checkpoint, str(directory), max_to_keep=None)
    for step in STEPS:
        set_weights(model, step)
        optimizer.iterations.assign(step)
        checkpoint.step.assign(step)
        saver.save(checkpoint_number=step)
    return lambda prefix: tf.train.Checkpoint(model=model).restore(prefix).expect_partial()


def callback(directory: Path, model: Any) -> Callable[[str], None]:
    """Saves by `ModelCheckpoint` during `fit`, which trains for real."""
    model.compile("adam", "binary_crossentropy", metrics=["AUC", "accuracy"])
    x = np.random.default_rng(0).uniform(size=(64, 2)).astype(np.float32)
    saver = keras.callbacks.ModelCheckpoint(
        str(directory / "cp-{epoch:04d}.ckpt"), save_weights_only=True
    )
    y = (x[:, 0] > x[:, 1]).astype(np.float32)
    model.fit(x, y, batch_size=16, epochs=len(STEPS), callbacks=[saver], verbose=0)
    return lambda prefix: model.load_weights(prefix).expect_partial()


def itself(directory: Path, model: Any) -> Callable[[str], None]:
    """Saves checkpoints of which the model is the root."""
    checkpoint = tf.train.Checkpoint(model)
    for step in STEPS:
        set_weights(model, step)
        checkpoint.write(str(directory / f"ckpt-{step}"))
    return lambda prefix: checkpoint.read(prefix).assert_consumed()


def _signature(model: Any) -> Any:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probability": model(parse(examples))}

    return serve


def saved_model(directory: str, model: Any) -> None:
    """Exports the model itself by `tf.saved_model.save`."""
    tf.saved_model.save(model, directory, signatures={"serving_default": _signature(model)})


def wrapped(directory: str, model: Any) -> None:
    """Exports a module that holds the model under a name of its own."""
    serving = tf.Module()
    serving.net = model
    tf.saved_model.save(serving, directory, signatures={"serving_default": _signature(model)})


def keras_save(directory: str, model: Any) -> None:
    """Exports by `model.save`, which adds the variables of metrics and of the optimizer."""
    model.save(directory, save_format="tf", signatures={"serving_default": _signature(model)})


def _of_value(name: str) -> Callable[..., Any]:
    """A method that does what the variable in the object does."""
    return lambda self, *args, **kwargs: getattr(self.value, name)(*args, **kwargs)


class TrackedVariable(tf.__internal__.tracking.Trackable):  # type: ignore[misc]
    """A variable as Keras 3 tracks one: an object beside the `tf.Variable` in it."""

    _should_act_as_resource_variable = True
    _shared_name = property(lambda self: self.value.name)
    _serialize_to_tensors = _of_value("_serialize_to_tensors")
    _restore_from_tensors = _of_value("_restore_from_tensors")
    _write_object_proto = _of_value("_write_object_proto")
    _of_graph = _of_value("_export_to_saved_model_graph")

    def __init__(self, value: tf.Variable) -> None:
        self.value = value

    @property
    def handle(self) -> tf.Tensor:
        """The variable's handle, by which a function's captures are known."""
        return self.value.handle

    def _export_to_saved_model_graph(self, object_map: Any, **kwargs: Any) -> Any:
        resources = self._of_graph(object_map=object_map, **kwargs)
        object_map[self] = tf.Variable(object_map[self.value])
        return resources


def export_archive(directory: str, model: Any) -> None:
    """Exports as Keras 3's `ExportArchive`: each variable is held twice, under a key for each."""
    archive = tf.__internal__.tracking.AutoTrackable()
    archive.variables = [TrackedVariable(variable) for variable in model.variables]
    archive.all_variables = list(model.variables)
    tf.saved_model.save(archive, directory, signatures={"serving_default": _signature(model)})


def keras3_save(directory: str, model: Any) -> None:
    """Exports as `tf.saved_model.save` does of Keras 3: only its own objects are tracked."""
    root = tf.__internal__.tracking.AutoTrackable()
    root.variables = [TrackedVariable(variable) for variable in model.variables]
    tf.saved_model.save(root, directory, signatures={"serving_default": _signature(model)})


def make(
    directory: Path,
    build: Callable[[], Any],
    save: Callable[[Path, Any], Callable[[str], None]],
    export: Callable[[str, Any], None],
) -> KerasRun:
    """Makes a run: `save` writes the checkpoints, and `export` the last one's SavedModel."""
    model = build()
    model_run, exported = directory / "model_run", directory / "model" / "Format-Serving"
    model_run.mkdir()
    restore = save(model_run, model)
    export(str(exported), model)
    return KerasRun(model, model_run, exported, restore)
