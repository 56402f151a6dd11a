"""Moving averages of all weights: kept while training, used for everything else."""

import tensorflow as tf
import tf_slim as slim

_DECAY = 0.99


def _averages(step: tf.Tensor) -> tf.train.ExponentialMovingAverage:
    # The step makes the decay smaller at first, so that the initial weights are soon forgotten.
    return tf.train.ExponentialMovingAverage(_DECAY, num_updates=step)


def update(step: tf.Tensor) -> tf.Operation:
    """Moves the averages; to be run after each training step.

    Batch normalisation's statistics are averaged too, so that they stay those of the weights.
    """
    return _averages(step).apply(slim.get_model_variables())


def variables_to_restore(step: tf.Tensor) -> dict[str, tf.Variable]:
    """Maps names in a checkpoint to the variables that their averages are to fill.

    Args:
        step: Global step, which is restored as it is.
    """
    found = _averages(step).variables_to_restore(slim.get_model_variables())
    return found | {step.op.name: step}


class AveragesSaver(tf.compat.v1.train.Saver):
    """Restores averages from a checkpoint, and saves them under the variables' plain names.

    So an export holds just the weights to serve with, and what loads it need not know about
    averages. TF-Slim's own exporters do the same.

    Args:
        step: Global step.
    """

    def __init__(self, step: tf.Tensor) -> None:
        self._averages = tf.compat.v1.train.Saver(variables_to_restore(step))
        super().__init__([*slim.get_model_variables(), step])

    def restore(self, sess: tf.compat.v1.Session, save_path: str) -> None:
        """Fills the variables with a checkpoint's averages."""
        self._averages.restore(sess, save_path)
