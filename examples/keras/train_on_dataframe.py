"""Keras on a pandas DataFrame with missing values: `python train_on_dataframe.py FOLDER`.

Leaves `run/` with a checkpoint for each epoch, `export/` with the SavedModel, and `eval.csv`.
"""

import sys

import numpy as np
import pandas as pd
import tensorflow as tf

LABEL = "bought"
# A value that is missing, in the table or where the model is served, is the default.
FEATURES = {
    "age": tf.io.FixedLenFeature([], tf.float32, default_value=-1.0),
    "income": tf.io.FixedLenFeature([], tf.float32, default_value=-1.0),
    "city": tf.io.FixedLenFeature([], tf.string, default_value=""),
}
CITIES = ("Basel", "Bern", "Genf")


def columns_of(features):
    """Makes what the network takes of features by name: (examples, 6) float32."""
    known = tf.stack([features["age"] / 50.0, features["income"] / 50_000.0], axis=1)
    missing = tf.cast(known < 0, tf.float32)
    cities = [tf.cast(tf.equal(features["city"], city), tf.float32) for city in CITIES[:2]]
    return tf.concat([tf.nn.relu(known), missing, tf.stack(cities, axis=1)], axis=1)


def features_of(table):
    """Takes the features of a DataFrame, with the defaults where values are missing."""
    return {
        name: tf.constant(table[name].fillna(feature.default_value).tolist(), feature.dtype)
        for name, feature in FEATURES.items()
    }


def train(table, directory, epochs=10):
    """Trains on a DataFrame; keeps the checkpoint of each epoch, and exports the last one."""
    tf.keras.utils.set_random_seed(1)
    layers = [tf.keras.layers.Dense(16, "relu"), tf.keras.layers.Dense(1, "sigmoid")]
    model = tf.keras.Sequential(layers)
    model.compile(tf.keras.optimizers.Adam(0.01), "binary_crossentropy")
    every_epoch = tf.keras.callbacks.ModelCheckpoint(
        f"{directory}/run/ckpt-{{epoch}}", save_weights_only=True
    )
    columns, labels = columns_of(features_of(table)), table[LABEL].to_numpy(np.float32)
    model.fit(columns, labels, epochs=epochs, callbacks=[every_epoch], verbose=0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples):
        return {"probability": model(columns_of(tf.io.parse_example(examples, FEATURES)))}

    tf.saved_model.save(model, f"{directory}/export", signatures={"serving_default": serve})


def made_up(rows):
    """Makes up who buys: (rows,) of age, income, city and the label, a tenth of them missing."""
    random = np.random.default_rng(1)
    age, income = random.uniform(18, 80, rows), random.gamma(4.0, 15_000.0, rows)
    city = random.choice(CITIES, rows)
    logit = 0.05 * (age - 50) + 1.5 * (city == "Bern")
    bought = (random.uniform(size=rows) < 1 / (1 + np.exp(-logit))).astype(int)
    table = pd.DataFrame({"age": age.round(1), "income": income.round(0), "city": city})
    return table.mask(random.uniform(size=table.shape) < 0.1).assign(**{LABEL: bought})


def main(directory):
    """Trains on 1,000 rows, and leaves 3,000 others to evaluate on."""
    table = made_up(4000)
    train(table[:1000], directory)
    table[1000:].to_csv(f"{directory}/eval.csv", index=False)


if __name__ == "__main__":
    main(sys.argv[1])
