"""The classes of `tf.estimator` that others here build on; a sentence where there is none."""

from typing import Any

import tensorflow as tf

from checkpoint_sweep.common.errors import UserError


class EstimatorError(UserError):
    """TensorFlow has no Estimator."""


class _Without:
    """Stands in for a class of `tf.estimator`, and cannot be made."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Refuses.

        Raises:
            EstimatorError: Always.
        """
        raise EstimatorError(
            f"TensorFlow {tf.__version__} has no tf.estimator; 2.15, for Python 3.10 and 3.11, is "
            "the last that has it. Train there. To evaluate an Estimator's checkpoints here, give "
            "their directory to sweep() or watch()."
        )


def base(name: str) -> Any:
    """Returns a class of `tf.estimator`, or, where there is none, one that cannot be made.

    Args:
        name: Name of the class.
    """
    return getattr(tf.estimator, name) if hasattr(tf, "estimator") else _Without
