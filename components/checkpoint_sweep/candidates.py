"""Turns checkpoints into candidates: the exported graph with each checkpoint's weights."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from components.checkpoint_sweep.checkpoints import Checkpoint, CheckpointError
from components.checkpoint_sweep.key_mapping import KeyMapping, find_mapping
from components.evaluation.models import ModelSource
from components.evaluation.weight_swap import OBJECT_GRAPH_KEY, VARIABLES

_GLOBAL_STEP = "global_step"
_NAMED = 3


class TemplateError(CheckpointError):
    """No checkpoint has the weights that the exported SavedModel has."""


@dataclasses.dataclass(frozen=True)
class Candidates:
    """What a sweep can evaluate.

    Attributes:
        sources: a model for each usable checkpoint, by its step.
        left_out: why a checkpoint is not among them, by its step.
    """

    sources: dict[int, ModelSource]
    left_out: dict[int, str]


def make_candidates(
    template: str, checkpoints: Sequence[Checkpoint], swept: Sequence[Checkpoint]
) -> Candidates:
    """Makes a candidate of each swept checkpoint that can be read.

    First the template's own weights are looked for among all `checkpoints`. How they are found
    says which of a checkpoint's tensors the exporter would have shipped: those of the same
    names, or for example their moving averages.

    Args:
        template: directory of the exported SavedModel.
        checkpoints: all checkpoints of the run.
        swept: those to make candidates of.

    Raises:
        TemplateError: no checkpoint reproduces the template's weights.
        CheckpointError: a checkpoint lacks a variable or has it in another shape, or no
            checkpoint can be read.
    """
    tensors = _read_template(template)
    mapping = _find_template(template, tensors, checkpoints)
    sources, left_out = {}, {}
    for checkpoint in swept:
        try:
            reason = _why_unusable(checkpoint, tensors, mapping)
        except tf.errors.OpError as error:
            reason = f"unreadable: {error.message}"
        if reason is None:
            sources[checkpoint.step] = ModelSource(
                checkpoint.name, template, checkpoint.prefix, mapping
            )
        else:
            left_out[checkpoint.step] = reason
    if not sources:
        step, reason = next(iter(left_out.items()))
        raise CheckpointError(
            f"None of the {len(left_out)} checkpoints can be used; that of step {step}: {reason}"
        )
    return Candidates(sources, left_out)


def _read_template(template: str) -> dict[str, np.ndarray]:
    """The template's weights by key; a TF2 bundle's object graph is not one of them."""
    bundle = os.path.join(template, VARIABLES)
    try:
        reader = tf.train.load_checkpoint(bundle)
    except (tf.errors.OpError, ValueError) as error:
        raise TemplateError(
            f"The exported model has no readable weights at {bundle}: {error}. Export a "
            "SavedModel with variables (not a frozen graph) in the Trainer."
        ) from error
    keys = set(reader.get_variable_to_shape_map()) - {OBJECT_GRAPH_KEY}
    return {key: reader.get_tensor(key) for key in sorted(keys)}


def _find_template(
    template: str, tensors: Mapping[str, np.ndarray], checkpoints: Sequence[Checkpoint]
) -> dict[str, str]:
    """The key mapping under which a checkpoint reproduces the template bit for bit."""
    step = int(tensors[_GLOBAL_STEP]) if _GLOBAL_STEP in tensors else None
    # The step that the template names comes first, then the newest: exports follow training.
    ordered = sorted(checkpoints, key=lambda c: (c.step != step, -c.step))
    attempts: list[tuple[Checkpoint, KeyMapping]] = []
    for checkpoint in ordered:
        try:
            reader = tf.train.load_checkpoint(checkpoint.prefix)
            attempt = find_mapping(tensors, reader.get_variable_to_shape_map(), reader.get_tensor)
        except tf.errors.OpError:
            continue
        if not attempt.unmatched:
            return attempt.keys
        attempts.append((checkpoint, attempt))
        if checkpoint.step == step:
            break
    if not attempts:
        raise TemplateError(f"None of the {len(checkpoints)} checkpoints can be read.")
    nearest, attempt = min(attempts, key=lambda a: len(a[1].unmatched))
    raise TemplateError(
        f"No checkpoint reproduces the weights of the exported model {template}"
        + (f", exported at step {step}" if step is not None else "")
        + f". In the checkpoint of step {nearest.step}, {len(attempt.unmatched)} of "
        f"{len(tensors)} variables have no equal: {_some(attempt.unmatched)}. The sweep would "
        "evaluate weights that the exporter would not have shipped: export from one of the "
        "run's checkpoints, or let the model run keep the checkpoint that was exported."
    )


def _why_unusable(
    checkpoint: Checkpoint, tensors: Mapping[str, np.ndarray], mapping: Mapping[str, str]
) -> str | None:
    """Reads every needed tensor; a reason to leave the checkpoint out, or None.

    Raises:
        CheckpointError: the checkpoint is of another model.
    """
    reader = tf.train.load_checkpoint(checkpoint.prefix)
    shapes = reader.get_variable_to_shape_map()
    names = {key: mapping.get(key, key) for key in tensors}
    missing = [name for name in names.values() if name not in shapes]
    misshapen = [
        f"{name} is {shapes[name]}, not {list(tensors[key].shape)}"
        for key, name in names.items()
        if name in shapes and shapes[name] != list(tensors[key].shape)
    ]
    if missing or misshapen:
        problems = [f"it lacks {_some(missing)}"] if missing else []
        problems += [_some(misshapen)] if misshapen else []
        raise CheckpointError(
            f"The checkpoint of step {checkpoint.step} ({checkpoint.prefix}) is of another "
            f"model: {'; '.join(problems)}. Train into an empty model run directory."
        )
    for name in names.values():
        value = reader.get_tensor(name)
        if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
            return f"its weights are not finite: {name} has NaN or infinity"
    return None


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
