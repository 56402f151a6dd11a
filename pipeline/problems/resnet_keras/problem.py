"""The problem of the digits for a Keras model, defined."""

import dataclasses

from pipeline.problems.digits.problem import digits
from pipeline.problems.problem import Problem


def resnet_keras() -> Problem:
    """Defines which digit has been written: data and measures of `digits`, by a Keras ResNet-50."""
    return dataclasses.replace(
        digits(),
        name="resnet_keras",
        run_fn="pipeline.problems.resnet_keras.training.run_fn",
        steps=160,
        checkpoint_steps=20,
        options={},
    )
