"""Runs models of a fixed batch size on any number of examples."""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from checkpoint_sweep.evaluation.predict.predictor import Arrays


def fixed_batch_size(specs: Mapping[str, tf.TensorSpec]) -> int | None:
    """Finds the number of examples that all inputs must have; None where any is right."""
    firsts = {spec.shape[0] if spec.shape.rank else None for spec in specs.values()}
    return firsts.pop() if len(firsts) == 1 else None


def predict_all(
    predict: Callable[[Mapping[str, np.ndarray]], list[Arrays]],
    specs: Mapping[str, tf.TensorSpec],
    inputs: Mapping[str, np.ndarray],
) -> list[Arrays]:
    """Predicts any number of examples, whatever number the models take at once.

    Args:
        predict: Function that predicts as many as the models take.
        specs: Inputs of the signature, by argument name.
        inputs: Arrays by name, (examples, ...).
    """
    size = fixed_batch_size(specs)
    if size is None:
        return predict(inputs)
    return predict_in_batches(predict, {name: inputs[name] for name in specs}, size)


def predict_in_batches(
    predict: Callable[[Mapping[str, np.ndarray]], list[Arrays]],
    inputs: Mapping[str, np.ndarray],
    size: int,
) -> list[Arrays]:
    """Predicts `size` examples at a time; the last ones are padded, and the padding dropped.

    Args:
        predict: Function that predicts exactly `size` examples.
        inputs: Arrays by name, (examples, ...).
        size: Number of examples that the models take.

    Returns:
        Outputs of each model, (examples, ...); those that are not by example are of the last batch.
    """
    rows = len(next(iter(inputs.values())))
    parts: list[list[Arrays]] = []
    for start in range(0, rows, size):
        # Rows of the data, since others may be no valid input.
        taken = np.minimum(np.arange(start, start + size), rows - 1)
        parts.append(predict({name: value[taken] for name, value in inputs.items()}))
    return [
        {name: _joined([part[name] for part in of_model], size, rows) for name in of_model[0]}
        for of_model in zip(*parts, strict=True)
    ]


def _joined(parts: list[np.ndarray], size: int, rows: int) -> np.ndarray:
    if not parts[0].ndim or len(parts[0]) != size:
        return parts[-1]
    return np.concatenate(parts)[:rows]
