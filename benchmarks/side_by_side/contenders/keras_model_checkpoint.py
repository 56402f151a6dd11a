"""Keras `ModelCheckpoint(save_best_only=True)` in `fit`; an epoch is what a checkpoint is above."""

import tensorflow as tf

from benchmarks.side_by_side import model
from benchmarks.side_by_side.job import Job


def run(job: Job) -> str:
    """Trains with a callback that keeps the best."""
    trained, best, exported = model.keras_model(job), job.path("best"), job.path("export")
    trained.fit(
        model.training_batches(job),
        steps_per_epoch=job.checkpoint_steps,
        epochs=job.steps // job.checkpoint_steps,
        validation_data=model.evaluation_batches(job),
        callbacks=[
            tf.keras.callbacks.ModelCheckpoint(
                best, "val_auc", mode="max", save_best_only=True, save_weights_only=True
            ),
            tf.keras.callbacks.BackupAndRestore(job.path("backup"), delete_checkpoint=False),
            tf.keras.callbacks.TensorBoard(job.path("logs"), write_graph=False),
        ],
        verbose=0,
    )
    trained.load_weights(best)
    trained.export(exported)
    return exported
