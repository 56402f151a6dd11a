"""Errors about examples on which metrics cannot be computed, each in one sentence."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import types as tfma_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.text import first_line, root_cause
from checkpoint_sweep.common.wording import Words

# Beam adds these to the message of an error that a step raises, and of one from a remote worker.
_STEP = re.compile(r" \[while running '[^']*'\]")
_REMOTE = re.compile(r"^checkpoint_sweep[\w.]*\.\w+Error: (.+)$", re.MULTILINE)
_TOGETHER = "examples that were read together"
_ADVICE = "Correct the data, or leave these examples out."


class EvaluationError(UserError):
    """The models cannot be evaluated on these examples; the message says why."""


@contextlib.contextmanager
def in_a_sentence(problem: str, advice: str) -> Iterator[None]:
    """Replaces any error that is not for a user: by `problem`, its reason, and `advice`.

    Raises:
        EvaluationError: An error was raised, other than that memory is used up.
    """
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError):
        raise
    except Exception as error:
        if found := user_error(error):
            raise found from error
        reason = first_line(root_cause(error))
        raise EvaluationError(f"{problem}: {reason}. {advice}") from error


def check_values(
    extracts: Mapping[str, Any], eval_config: config_pb2.EvalConfig, size: int
) -> None:
    """Checks that all labels and example weights of a batch are finite, and weights are numbers.

    TFMA takes them as they are: one NaN makes sums NaN, and AUC 0; a negative weight makes an AUC
    above 1.

    Args:
        extracts: Extracts of the batch, with labels and example weights.
        eval_config: Config that names labels and weights.
        size: Number of examples of the batch.

    Raises:
        EvaluationError: A label or a weight is NaN or infinite, or a weight is text or negative.
    """
    for kind in ("label", "example weight"):
        for key, value in _named(extracts, eval_config, kind):
            rows, values = _rows(value, size)
            if kind == "example weight" and values.dtype.kind in "OSU" and values.size:
                raise EvaluationError(
                    f"The example weight {key!r} is text ({_shown(values[0])}). Name a feature "
                    "that is a number in ModelSpec.example_weight_key, or none."
                )
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                bad = np.unique(rows[~np.isfinite(values)]).size
                raise EvaluationError(
                    f"The {kind} {key!r} is NaN or infinite in {bad:,} of {size:,} {_TOGETHER}. "
                    f"{_ADVICE}"
                )
            if kind == "example weight" and (bad := np.unique(rows[values < 0]).size):
                raise EvaluationError(
                    f"The example weight {key!r} is negative in {bad:,} of {size:,} {_TOGETHER}. "
                    f"{_ADVICE}"
                )


def check_baseline(bad: int, size: int) -> None:
    """Checks the baseline's predictions.

    Args:
        bad: Number of examples on which a prediction is NaN or infinite.
        size: Number of examples of the batch.

    Raises:
        EvaluationError: There are such examples.
    """
    if bad:
        raise EvaluationError(
            f"The baseline's predictions are NaN or infinite on {bad:,} of {size:,} {_TOGETHER}. "
            "Give another baseline, or none."
        )


def check_oddities(
    extracts: Mapping[str, Any], eval_config: config_pb2.EvalConfig, size: int
) -> None:
    """Checks that labels and weights are such that metrics can be computed on them.

    Args:
        extracts: Extracts of the batch, with labels and example weights.
        eval_config: Config that names labels and weights.
        size: Number of examples of the batch.

    Raises:
        EvaluationError: The config names no label, or labels or weights are missing, text, or more
            in some examples than in others.
    """
    if found := _fault_reason(extracts, eval_config, size):
        raise EvaluationError(found)


def explain(
    error: Exception, extracts: Mapping[str, Any], eval_config: config_pb2.EvalConfig, size: int
) -> EvaluationError:
    """Explains why TFMA's code fails on examples of a batch whose predictions are finite.

    Args:
        error: Error that TFMA's code raised.
        extracts: Extracts of the batch, with labels and example weights.
        eval_config: Config that names labels and weights.
        size: Number of examples of the batch.
    """
    try:
        check_oddities(extracts, eval_config, size)
    except EvaluationError as found:
        return found
    keys = dict.fromkeys(repr(key) for key, _ in _named(extracts, eval_config, "label"))
    labels = f", with the label {' and '.join(keys)}" if keys else ""
    return EvaluationError(
        f"The metrics cannot be computed on these examples{labels}: "
        f"{first_line(root_cause(error))}. Correct the labels, the weights or the metrics of the "
        "evaluation config."
    )


def user_error(error: BaseException) -> UserError | None:
    """Finds the error for a user that a step of a Beam pipeline has raised; None if none is."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, UserError):
            return type(seen)(*_without_step(seen))
        seen = seen.__cause__ or seen.__context__
    remote = _REMOTE.findall(str(error))
    return EvaluationError(_STEP.sub("", remote[-1])) if remote else None


def _without_step(error: UserError) -> Iterator[str | Words]:
    for part in error.parts:
        yield part if isinstance(part, Words) else _STEP.sub("", part)


def _fault_reason(
    extracts: Mapping[str, Any], eval_config: config_pb2.EvalConfig, size: int
) -> str:
    """Says why metrics fail on labels and weights; "" if they do not."""
    if extracts.get(constants.LABELS_KEY) is None and not any(
        spec.label_key or spec.label_keys for spec in eval_config.model_specs
    ):
        return "The evaluation config names no label. Name a feature in ModelSpec.label_key."
    found = [
        (kind, key, *_rows(value, size))
        for kind in ("label", "example weight")
        for key, value in _named(extracts, eval_config, kind)
    ]
    for kind, key, rows, _ in found:
        if missing := int((np.bincount(rows, minlength=size) == 0).sum()):
            return (
                f"The {kind} {key!r} is missing in {missing:,} of {size:,} {_TOGETHER}. {_ADVICE}"
            )
    for kind, key, rows, values in found:
        counts = np.bincount(rows, minlength=size)
        if values.dtype.kind in "OSU":
            return (
                f"The {kind} {key!r} is text ({_shown(values[0])}), and the model gives no "
                "vocabulary by which to find its class. Name a label that is a number in "
                "ModelSpec.label_key."
            )
        if counts.max() > counts.min():
            several = int((counts > counts.min()).sum())
            return (
                f"The {kind} {key!r} has {counts.max()} values in {several:,} of {size:,} "
                f"{_TOGETHER}, and {counts.min()} in the others. {_ADVICE}"
            )
    return ""


def _shown(value: Any) -> str:
    return repr(value.decode(errors="replace") if isinstance(value, bytes) else str(value))[:60]


def _named(
    extracts: Mapping[str, Any], eval_config: config_pb2.EvalConfig, kind: str
) -> Iterator[tuple[str, Any]]:
    """Yields the features of labels or weights, by their names in the config."""
    is_label = kind == "label"
    value = extracts.get(constants.LABELS_KEY if is_label else constants.EXAMPLE_WEIGHTS_KEY)
    for spec in eval_config.model_specs:
        of_model = value
        if isinstance(value, Mapping) and len(eval_config.model_specs) > 1:
            of_model = value.get(spec.name)
        single = spec.label_key if is_label else spec.example_weight_key
        several = spec.label_keys if is_label else spec.example_weight_keys
        if single:
            yield single, of_model
        for output, key in several.items():
            yield key, of_model.get(output) if isinstance(of_model, Mapping) else None


def _rows(value: Any, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the example of each value of a feature, and the values."""
    if value is None:
        return np.zeros(0, np.int64), np.zeros(0)
    if isinstance(value, tfma_types.VarLenTensorValue):
        return np.asarray(value.indices)[:, 0].astype(np.int64), np.asarray(value.values)
    if isinstance(value, np.ndarray):
        if value.size % size:  # not one row per example: nothing to blame an example for
            return np.zeros(0, np.int64), np.zeros(0)
        flat = value.reshape(size, -1)
        return np.repeat(np.arange(size), flat.shape[1]), flat.ravel()
    return np.arange(size), np.zeros(size)
