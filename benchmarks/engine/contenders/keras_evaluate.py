"""A loop of Keras's `evaluate` by hand: a Keras model of the same size, no slices."""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from benchmarks.common import prepared_data
from benchmarks.common.timing_events import BATCH, END, START, TimingLog
from benchmarks.engine.cases import Case, CaseOutcome
from benchmarks.engine.contenders import transformed
from pipeline.problems.taxi import features as taxi

_EMBEDDING = 8
_HIDDEN = (128, 64)


def run(
    prepared: prepared_data.PreparedData, case: Case, scratch: str, events: TimingLog
) -> Callable[[], CaseOutcome]:
    """Evaluates checkpoint by checkpoint, by a model that is built once; see the package."""
    del scratch
    events.add(START)
    model, variables = _model()
    model.compile(
        loss="binary_crossentropy",
        metrics=[
            tf.keras.metrics.BinaryAccuracy(),
            tf.keras.metrics.Precision(),
            tf.keras.metrics.Recall(),
            tf.keras.metrics.AUC(name="auc"),
            tf.keras.metrics.AUC(curve="PR", name="auc_precision_recall"),
        ],
    )
    results: dict[str, float] = {}
    for number, checkpoint in enumerate(prepared.checkpoints(case.checkpoints)):
        if number:
            events.add(START)
        reader = tf.train.load_checkpoint(checkpoint.prefix)
        for name, variable in variables.items():
            variable.assign(reader.get_tensor(name))
        events.add("build and restore")
        results = model.evaluate(
            transformed.dataset(prepared, case.examples),
            callbacks=[_TimingCallback(events, case.examples)],
            verbose=0,
            return_dict=True,
        )
        events.add(END)
    return lambda: CaseOutcome(None, float(results["auc"]))


def _model() -> tuple[tf.keras.Model, Mapping[str, tf.Variable]]:
    """Builds the layers of `wide_and_deep`.

    Returns:
        Model, and its variables by their names in an Estimator's checkpoint.
    """
    layers = tf.keras.layers
    inputs: dict[str, tf.Tensor] = {}
    wide: list[tf.Tensor] = []
    deep: list[tf.Tensor] = []
    variables: dict[str, tf.Variable] = {}
    for name, size in taxi.categorical_sizes().items():
        inputs[name] = layers.Input((), name=name, dtype=tf.int64)
        for part, width, outputs in (("weight", 1, wide), ("embedding", _EMBEDDING, deep)):
            layer = layers.Embedding(size, width)
            outputs.append(layer(inputs[name]))
            variables[f"{name}/{part}"] = layer.embeddings
    for name in taxi.AMOUNTS:
        inputs[name] = layers.Input((), name=name, dtype=tf.float32)
        deep.append(layers.Reshape((1,))(inputs[name]))
    hidden = layers.Concatenate()(deep)
    scopes = [(f"deep/deep_{number}", width) for number, width in enumerate(_HIDDEN, 1)]
    for scope, width in [*scopes, ("logit", 1)]:
        layer = layers.Dense(width, "relu" if scope != "logit" else None)
        hidden = layer(hidden)
        variables |= {f"{scope}/weights": layer.kernel, f"{scope}/biases": layer.bias}
    probability = layers.Activation("sigmoid")(layers.Add()([hidden, *wide]))
    return tf.keras.Model(inputs, probability), variables


class _TimingCallback(tf.keras.callbacks.Callback):
    """Records each batch.

    Args:
        events: Log to write to.
        count: Number of examples.
    """

    def __init__(self, events: TimingLog, count: int) -> None:
        super().__init__()
        self._events = events
        self._left = count
        # Else Keras would compute every metric after every batch, for this to read.
        self._supports_tf_logs = True

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Records that a batch is done."""
        del batch, logs
        size = min(transformed.BATCH_SIZE, self._left)
        self._left -= size
        self._events.add(BATCH, size)
