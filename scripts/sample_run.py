"""Leaves a small training run to try `checkpoint-sweep` on: `python scripts/sample_run.py FOLDER`.

`run/` has the checkpoints of a Keras model that is trained for too long on too few examples,
`export/` its SavedModel, `eval.csv` the examples to evaluate on, `train.csv` those that it was
trained on. The data are made up: who leaves a tip, given fare, hour and way of payment. Only
TensorFlow is needed, and NumPy, which comes with it.
"""

import argparse
import csv
import os
import warnings
from pathlib import Path

# What Google's clients say of Python 3.10 is nothing that this can change.
warnings.filterwarnings("ignore", category=FutureWarning)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

_PAYMENTS = ("Cash", "Credit Card", "Mobile")
_TRAINED, _EVALUATED = 300, 20_000
_CHECKPOINTS, _EPOCHS = 12, 3
_SPEC = {
    "fare": tf.io.FixedLenFeature([], tf.float32),
    "hour": tf.io.FixedLenFeature([], tf.int64),
    "payment": tf.io.FixedLenFeature([], tf.string),
}


def make(directory: Path) -> None:
    """Trains, and writes `run/`, `export/`, `eval.csv` and `train.csv`.

    Args:
        directory: which must not be there yet.
    """
    directory.mkdir(parents=True)
    tf.keras.utils.set_random_seed(1)
    columns = _columns(_TRAINED + _EVALUATED)
    model = _model()
    model.compile(tf.keras.optimizers.Adam(0.001), "binary_crossentropy")
    train = {name: values[:_TRAINED] for name, values in columns.items()}
    inputs, labels = _inputs(train), train["tipped"].astype(np.float32)
    for number in range(1, _CHECKPOINTS + 1):
        model.fit(inputs, labels, batch_size=32, epochs=_EPOCHS, verbose=0)
        step = number * _EPOCHS * -(-_TRAINED // 32)
        tf.train.Checkpoint(model=model).write(str(directory / "run" / f"ckpt-{step}"))
    _export(model, str(directory / "export"))
    _write(directory / "train.csv", train)
    _write(directory / "eval.csv", {name: values[_TRAINED:] for name, values in columns.items()})


def _columns(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    fare, hour = random.gamma(3.0, 5.0, rows).astype(np.float32), random.integers(0, 24, rows)
    payment = random.integers(0, len(_PAYMENTS), rows)
    evening = (hour >= 17) & (hour < 22)
    logit = 0.08 * fare - 1.5 + 1.2 * (payment > 0) - 1.5 * (hour < 6) + 1.5 * evening
    tipped = random.uniform(size=rows) < 1 / (1 + np.exp(-logit))
    names = np.array(_PAYMENTS)[payment]
    return {"fare": fare, "hour": hour, "payment": names, "tipped": tipped.astype(np.int64)}


def _inputs(columns: dict[str, tf.Tensor]) -> tf.Tensor:
    """(rows, 5) float32."""
    fare = tf.cast(columns["fare"], tf.float32) / 20.0
    hour = tf.cast(columns["hour"], tf.float32) / 24.0
    paid = [tf.cast(tf.equal(columns["payment"], name), tf.float32) for name in _PAYMENTS]
    return tf.stack([fare, hour, *paid], axis=1)


def _model() -> tf.keras.Model:
    layers = [tf.keras.layers.Dense(64, "relu"), tf.keras.layers.Dense(64, "relu")]
    last = tf.keras.layers.Dense(1, "sigmoid")
    return tf.keras.Sequential([tf.keras.Input([2 + len(_PAYMENTS)]), *layers, last])


def _export(model: tf.keras.Model, directory: str) -> None:
    """Exports as Keras 2 is exported, or Keras 3, whose variables the other way omits."""
    serve = _serve(model)
    if not hasattr(tf.keras, "ops"):  # It is Keras 2.
        tf.saved_model.save(model, directory, signatures={"serving_default": serve})
        return
    archive = tf.keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serving_default", serve)
    archive.write_out(directory, verbose=False)


def _serve(model: tf.keras.Model) -> tf.types.experimental.GenericFunction:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probability": model(_inputs(tf.io.parse_example(examples, _SPEC)))}

    return serve


def _write(path: Path, columns: dict[str, np.ndarray]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        # A whole number written without a point would make an integer of a fare.
        shown = columns | {"fare": np.array([f"{fare:.2f}" for fare in columns["fare"]])}
        writer.writerows(zip(*shown.values(), strict=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    made = parser.parse_args().directory
    print("Training a small Keras model on made-up data.")
    make(made)
    content = (
        f"run/ with {_CHECKPOINTS} checkpoints, export/, eval.csv with {_EVALUATED:,} examples"
    )
    print(f"In {made}: {content}.")
