"""An Estimator that keeps all checkpoints, and exports one SavedModel."""

import tensorflow as tf

FEATURES = {
    "fare": tf.io.FixedLenFeature([], tf.float32),
    "trip_miles": tf.io.FixedLenFeature([], tf.float32),
    "payment_type": tf.io.FixedLenFeature([], tf.string),
}
LABEL = "big_tipper"


def model_fn(features, labels, mode):
    """Defines a small network, and what it serves."""
    paid_by_card = tf.cast(tf.equal(features["payment_type"], "Credit Card"), tf.float32)
    amounts = [tf.math.log1p(features[name]) for name in ("fare", "trip_miles")]
    columns = tf.stack([*amounts, paid_by_card], axis=1)
    hidden = tf.compat.v1.layers.dense(columns, 16, tf.nn.relu)
    logit = tf.squeeze(tf.compat.v1.layers.dense(hidden, 1), axis=1)
    if mode == tf.estimator.ModeKeys.PREDICT:
        outputs = {"probability": tf.sigmoid(logit)}  # one column: TFMA flattens two
        signature = tf.estimator.export.PredictOutput(outputs)
        return tf.estimator.EstimatorSpec(
            mode, predictions=outputs, export_outputs={"serving_default": signature}
        )
    loss = tf.compat.v1.losses.sigmoid_cross_entropy(labels, logit)
    step = tf.compat.v1.train.get_or_create_global_step()
    train_op = tf.compat.v1.train.AdamOptimizer(0.03).minimize(loss, global_step=step)
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def run_fn(fn_args):
    """Trains, leaves all checkpoints in `model_run_dir`, and exports the last one."""

    def batches():
        spec = FEATURES | {LABEL: tf.io.FixedLenFeature([], tf.int64)}
        files = tf.io.gfile.glob(fn_args.train_files)
        records = tf.data.TFRecordDataset(files, compression_type="GZIP").repeat().batch(64)
        columns = records.map(lambda batch: tf.io.parse_example(batch, spec))
        return columns.map(lambda features: (features, features.pop(LABEL)))

    config = tf.estimator.RunConfig(
        model_dir=fn_args.model_run_dir,
        save_checkpoints_steps=50,
        keep_checkpoint_max=None,  # all: an Estimator keeps five by default
        tf_random_seed=1,
    )
    estimator = tf.estimator.Estimator(model_fn, config=config)
    estimator.train(batches, max_steps=fn_args.train_steps)
    serving_input = tf.estimator.export.build_parsing_serving_input_receiver_fn(FEATURES)
    exported = estimator.export_saved_model(fn_args.model_run_dir + "/export", serving_input)
    tf.io.gfile.makedirs(fn_args.serving_model_dir.rsplit("/", 1)[0])
    tf.io.gfile.rename(exported.decode(), fn_args.serving_model_dir)
