"""The same by Keras: a checkpoint for each epoch, and one SavedModel."""

import tensorflow as tf

FEATURES = {
    "fare": tf.io.FixedLenFeature([], tf.float32),
    "trip_miles": tf.io.FixedLenFeature([], tf.float32),
    "payment_type": tf.io.FixedLenFeature([], tf.string),
}
LABEL = "big_tipper"


def features_of(columns):
    """Makes what the network takes of columns of examples: (examples, 3)."""
    paid_by_card = tf.cast(tf.equal(columns["payment_type"], "Credit Card"), tf.float32)
    amounts = [tf.math.log1p(columns[name]) for name in ("fare", "trip_miles")]
    return tf.stack([*amounts, paid_by_card], axis=1)


def run_fn(fn_args):
    """Trains, leaves all checkpoints in `model_run_dir`, and exports the last one."""

    def example(record):
        columns = tf.io.parse_example(
            record, FEATURES | {LABEL: tf.io.FixedLenFeature([], tf.int64)}
        )
        return features_of(columns), columns[LABEL]

    tf.keras.utils.set_random_seed(1)
    files = tf.io.gfile.glob(fn_args.train_files)
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").repeat().batch(64)
    model = tf.keras.Sequential(
        [tf.keras.layers.Dense(16, "relu"), tf.keras.layers.Dense(1, "sigmoid")]
    )
    model.compile(tf.keras.optimizers.Adam(0.01), "binary_crossentropy")
    every_epoch = tf.keras.callbacks.ModelCheckpoint(
        fn_args.model_run_dir + "/ckpt-{epoch}", save_weights_only=True
    )
    model.fit(
        records.map(example),
        steps_per_epoch=50,
        epochs=fn_args.train_steps // 50,
        callbacks=[every_epoch],
    )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples):
        return {"probability": model(features_of(tf.io.parse_example(examples, FEATURES)))}

    tf.saved_model.save(model, fn_args.serving_model_dir, signatures={"serving_default": serve})
