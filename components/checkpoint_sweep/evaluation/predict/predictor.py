"""The protocol of everything that predicts with several models."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf

Arrays = dict[str, np.ndarray]


class Predictor(Protocol):
    """K models that predict together.

    Attributes:
        input_specs: Dtype and shape of the signature's inputs, by argument name.
        output_names: Names of the signature's outputs that are computed, sorted.
    """

    input_specs: Mapping[str, tf.TensorSpec]
    output_names: Sequence[str]

    def predict(self, inputs: Mapping[str, np.ndarray]) -> list[Arrays]:
        """Runs all models on one batch; safe to call from several threads.

        Args:
            inputs: Array for each input of ``input_specs``; other keys are ignored.

        Returns:
            For each model, in the order given at construction: output name to array. Outputs that
            do not depend on the weights are one array, shared by all models: do not write to it.

        Raises:
            ValueError: An input is missing.
        """
        ...

    def close(self) -> None:
        """Frees the weights and tables."""
        ...


def ordered_feeds(
    specs: Mapping[str, tf.TensorSpec], inputs: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """Arranges the arrays of ``inputs`` in the order of ``specs``.

    Raises:
        ValueError: An input of the signature is missing.
    """
    missing = [name for name in specs if name not in inputs]
    if missing:
        raise ValueError(
            f"The signature's inputs {missing} were not given; there are {sorted(inputs)}."
        )
    return [inputs[name] for name in specs]
