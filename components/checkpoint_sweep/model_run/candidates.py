"""Candidates made of checkpoints: the exported graph with each checkpoint's weights."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from checkpoint_sweep.common.digests import TensorDigest
from checkpoint_sweep.common.error_messages import remedy
from checkpoint_sweep.common.file_states import FileStates
from checkpoint_sweep.common.text import some
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.model_run.checkpoints import Checkpoint, CheckpointError
from checkpoint_sweep.model_run.exported_model import ExportedModel, ExportedModelError
from checkpoint_sweep.model_run.variable_mapping import Match, VariableMapping, match
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle, UnreadableError, bundle_files

_NAMED = 3


def candidates_of(
    saved_model: SavedModel, checkpoints: Sequence[Checkpoint], swept: Sequence[Checkpoint]
) -> dict[Checkpoint, ModelSource | str]:
    """Makes a candidate of each swept checkpoint that can be read, of one run or of several.

    First the exported model's own weights are looked for among all `checkpoints`. How they are
    found says which of a checkpoint's tensors the exporter would have shipped: those of the same
    names, those of the same objects, or for example their moving averages. Runs that share an
    exported model share its graph: what is found in one of them holds for the others.

    Args:
        saved_model: SavedModel that was exported from one of the runs.
        checkpoints: All checkpoints of these runs.
        swept: Checkpoints to make candidates of.

    Returns:
        The model of each checkpoint, or the reason why it cannot be evaluated.

    Raises:
        ExportedModelError: No checkpoint reproduces the exported model's weights.
        CheckpointError: A checkpoint lacks a variable or has it in another shape.
    """
    exported = ExportedModel(saved_model)
    _, mapping = find_mapping(exported, checkpoints)
    found: dict[Checkpoint, ModelSource | str] = {}
    others: list[tuple[Checkpoint, _OtherModelError]] = []
    for checkpoint in swept:
        try:
            found[checkpoint] = _candidate(checkpoint, exported, mapping)
        except UnreadableError as error:
            found[checkpoint] = f"unreadable: {error}"
        except _OtherModelError as error:
            others.append((checkpoint, error))
    if others:
        fitting = [c for c, source in found.items() if isinstance(source, ModelSource)]
        raise CheckpointError(*_of_another_model(others, fitting))
    return found


def check_usable(made: Mapping[Checkpoint, ModelSource | str]) -> None:
    """Checks that there is a model of some checkpoint.

    Args:
        made: Model of each checkpoint, or the reason why there is none.

    Raises:
        CheckpointError: There is none.
    """
    reasons = {c: reason for c, reason in made.items() if isinstance(reason, str)}
    if len(reasons) == len(made):
        checkpoint, reason = next(iter(reasons.items()))
        raise CheckpointError(
            f"None of the {len(reasons)} checkpoints can be used; {checkpoint.label}: {reason}. "
            + remedy(reason, "Train again, or sweep other steps.")
        )


def find_mapping(
    exported: ExportedModel, checkpoints: Sequence[Checkpoint]
) -> tuple[Checkpoint, VariableMapping]:
    """Finds which tensors of a checkpoint the exporter would have shipped.

    Args:
        exported: SavedModel that was exported.
        checkpoints: All checkpoints of the run.

    Returns:
        The checkpoint that the exported model was made of, without which no sweep can be run, and
        where its weights are in it.

    Raises:
        ExportedModelError: No checkpoint reproduces the exported model's weights bit for bit, or
            none can be read.
    """
    step = exported.step
    # The step that the export names comes first, then the newest: exports follow training.
    ordered = sorted(checkpoints, key=lambda c: (c.step != step, -c.step))
    attempts: list[tuple[Checkpoint, Match]] = []
    unreadable = ""
    for checkpoint in ordered:
        # The export names that step, so that no checkpoint of another is the source of its weights.
        if attempts and attempts[-1][0].step == step != checkpoint.step:
            break
        try:
            attempt = match(exported, TensorBundle(checkpoint.prefix))
        except UnreadableError as error:
            unreadable = str(error)
            continue
        if attempt.mapping is not None:
            return checkpoint, attempt.mapping
        attempts.append((checkpoint, attempt))
    if not attempts:
        raise ExportedModelError(
            f"None of the {len(checkpoints)} checkpoints can be read: {unreadable}. "
            + remedy(unreadable, "Train again.")
        )
    directory = exported.saved_model.directory
    nearest, attempt = min(attempts, key=lambda a: (len(a[1].unmatched), len(a[1].ambiguous)))
    named = f", exported at step {step}" if step is not None else ""
    total = f"of {len(exported.needed)} variables"
    unmatched, ambiguous = (
        some([exported.bundle.name(key) for key in keys], _NAMED)
        for keys in (attempt.unmatched, attempt.ambiguous)
    )
    if not unmatched:
        raise ExportedModelError(
            f"Several tensors may be the source of the exported model {directory}{named}: in the "
            f"checkpoint of {nearest.label}, {len(attempt.ambiguous)} {total} equal more than "
            f"one tensor: {ambiguous}. Export variables by the names or object paths that they "
            "have in the checkpoint."
        )
    raise ExportedModelError(
        f"No checkpoint reproduces the weights of the exported model {directory}{named}. "
        f"In the checkpoint of {nearest.label}, {len(attempt.unmatched)} {total} equal no "
        f"tensor: {unmatched}. The sweep would evaluate weights that you would not ship. Export "
        "from one of the run's checkpoints, or keep the checkpoint that you export."
    )


class _OtherModelError(Exception):
    """A checkpoint does not have the variables of the exported model; the message says which."""


def _of_another_model(
    others: Sequence[tuple[Checkpoint, _OtherModelError]], fitting: Sequence[Checkpoint]
) -> Iterator[str | Words]:
    """Says why the first of these does not fit, and what to do."""
    checkpoint, error = others[0]
    yield (
        f"The checkpoint of {checkpoint.label} ({checkpoint.prefix}) is of another model: {error}. "
    )
    last = max(other.step for other, _ in others if other.run == checkpoint.run)
    first = min((c.step for c in fitting if c.run == checkpoint.run), default=None)
    if first is None and checkpoint.run is not None:
        yield "Give each run an export of its own: "
        yield Words(
            'model=["a/export", "b/export"], in the order of the runs',
            "--model='{run}/export', in which {run} stands for the folder of each run",
            "as many artifacts of models as of runs, in the same order",
        )
        yield "."
        return
    if first is None or last >= first:
        yield "Train into an empty folder."
        return
    # Moving averages, for example, that are kept from some step on.
    yield f"Those from step {first} on fit. To sweep these, use "
    yield Words(f"steps=StepRange(first={first})", f"--first-step={first}")
    yield "."


def _candidate(
    checkpoint: Checkpoint, exported: ExportedModel, mapping: VariableMapping
) -> ModelSource | str:
    """Reads every needed tensor; returns a model, or the reason to exclude the checkpoint.

    Raises:
        _OtherModelError: The checkpoint is of another model.
    """
    files = FileStates.of(bundle_files(checkpoint.prefix))  # Before they are read.
    bundle, own = TensorBundle(checkpoint.prefix), exported.bundle
    keys = {
        key: name
        for key, name in mapping.keys(own, bundle).items()
        if name in bundle.shapes and key in own.shapes
    }
    keys |= {copy: keys[key] for copy, key in exported.copies.items() if key in keys}
    fitting = {key for key, name in keys.items() if bundle.form(name) == own.form(key)}
    missing = [own.name(key) for key in sorted(exported.needed) if key not in keys]
    misshapen = [
        f"{bundle.name(keys[key])} is {bundle.form(keys[key])}, not {own.form(key)}"
        for key in sorted(exported.needed & keys.keys() - fitting)
    ]
    if missing or misshapen:
        problems = [f"it lacks {some(missing, _NAMED)}"] if missing else []
        problems += [some(misshapen, _NAMED)] if misshapen else []
        raise _OtherModelError("; ".join(problems))
    digest = TensorDigest()
    for key in sorted(exported.needed):
        value = np.asarray(bundle.read(keys[key]))
        digest.add(key, value)
        if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
            return f"its weights are not finite: {bundle.name(keys[key])} has NaN or infinity"
    return ModelSource(
        checkpoint.name,
        exported.saved_model,
        checkpoint.prefix,
        {key: keys[key] for key in sorted(fitting) if keys[key] != key},
        frozenset(own.shapes.keys() - fitting),
        digest.hexdigest(),
        exported.needed,
        files,
    )
