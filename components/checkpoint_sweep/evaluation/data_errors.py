"""What is wrong with examples on which metrics cannot be computed, in one sentence."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import types as tfma_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.text import first_line

# What Beam adds to the message of an error that a step raises, and to that of a remote worker's.
_STEP = re.compile(r" \[while running '[^']*'\]")
_REMOTE = re.compile(r"^checkpoint_sweep[\w.]*\.\w+Error: (.+)$", re.MULTILINE)


class EvaluationError(UserError):
    """The models cannot be evaluated on these examples; the message says why."""


def check_weights(
    extracts: Mapping[str, Any], eval_config: config_pb2.EvalConfig, size: int
) -> None:
    """Checks that all example weights of a batch are finite.

    TFMA takes them as they are: one NaN makes sums NaN, and AUC 0.

    Args:
        extracts: with example weights.
        eval_config: that names them.
        size: of the batch.

    Raises:
        EvaluationError: a weight is NaN or infinite.
    """
    for key, value in _named(extracts.get(constants.EXAMPLE_WEIGHTS_KEY), eval_config, "weight"):
        rows, values = _rows(value, size)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            bad = np.unique(rows[~np.isfinite(values)]).size
            raise EvaluationError(
                f"The example weight {key!r} is NaN or infinite in {bad:,} of {size:,} examples "
                "that were read together. Correct the data, or leave these examples out."
            )


def explain(
    error: Exception, extracts: Mapping[str, Any], eval_config: config_pb2.EvalConfig, size: int
) -> EvaluationError:
    """Why TFMA's code fails on examples of a batch whose predictions are finite.

    Args:
        error: that it raised.
        extracts: of the batch, with labels.
        eval_config: that names the labels.
        size: of the batch.
    """
    advice = "Correct the data, or leave these examples out."
    for key, value in _named(extracts.get(constants.LABELS_KEY), eval_config, "label"):
        if value is None:
            return EvaluationError(
                f"The label {key!r} is missing in all of {size:,} examples that were read "
                f"together. {advice}"
            )
        rows, values = _rows(value, size)
        missing = size - np.unique(rows).size
        if missing:
            return EvaluationError(
                f"The label {key!r} is missing in {missing:,} of {size:,} examples that were read "
                f"together. {advice}"
            )
        if values.dtype.kind in "OSU":
            return EvaluationError(
                f"The label {key!r} is text ({values[0]!r}), and the model gives no vocabulary "
                "by which to find its class. Name a label that is a number in "
                "ModelSpec.label_key."
            )
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            bad = np.unique(rows[~np.isfinite(values)]).size
            return EvaluationError(
                f"The label {key!r} is NaN or infinite in {bad:,} of {size:,} examples that were "
                f"read together. {advice}"
            )
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return EvaluationError(
        f"TFMA cannot compute the metrics on these examples: {first_line(cause)}. Correct the "
        "labels, the weights or the metrics of the evaluation config."
    )


def user_error(error: BaseException) -> UserError | None:
    """The error for a user that a step of a Beam pipeline has raised; None if it is another."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, UserError):
            return type(seen)(_STEP.sub("", str(seen)))
        seen = seen.__cause__ or seen.__context__
    remote = _REMOTE.findall(str(error))
    return EvaluationError(_STEP.sub("", remote[-1])) if remote else None


def _named(value: Any, eval_config: config_pb2.EvalConfig, kind: str) -> Iterator[tuple[str, Any]]:
    """The features of labels or weights, by their names in the config."""
    for spec in eval_config.model_specs:
        of_model = value
        if isinstance(value, Mapping) and len(eval_config.model_specs) > 1:
            of_model = value.get(spec.name)
        single = spec.label_key if kind == "label" else spec.example_weight_key
        several = spec.label_keys if kind == "label" else spec.example_weight_keys
        if single:
            yield single, of_model
        for output, key in several.items():
            yield key, of_model.get(output) if isinstance(of_model, Mapping) else None


def _rows(value: Any, size: int) -> tuple[np.ndarray, np.ndarray]:
    """For each value of a feature, the example that it is of, and the values."""
    if value is None:
        return np.zeros(0, np.int64), np.zeros(0)
    if isinstance(value, tfma_types.VarLenTensorValue):
        return np.asarray(value.indices)[:, 0], np.asarray(value.values)
    if isinstance(value, np.ndarray):
        flat = value.reshape(size, -1)
        return np.repeat(np.arange(size), flat.shape[1]), flat.ravel()
    return np.arange(size), np.zeros(size)
