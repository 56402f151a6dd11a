"""Exports what was evaluated, or nothing: a trainer that goes on may write both files again."""

import os
from collections.abc import Callable

from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.evaluation.candidates.fingerprint import ChangedError
from checkpoint_sweep.saved_model.model_source import VARIABLES, ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle, digest_of
from checkpoint_sweep.saved_model.weight_swap import write_saved_model


def export_evaluated(
    source: ModelSource, directory: str, check: Callable[[str], None] | None = None
) -> None:
    """Writes the SavedModel of a candidate, if graph and weights are those that were digested.

    Args:
        source: Candidate, whose weights and graph have been digested.
        directory: Directory for the SavedModel; it must not exist, and does not after an error.
        check: Checks the SavedModel in a directory further, by an error; None for no check.

    Raises:
        ChangedError: The checkpoint, the graph or an asset is no longer what was evaluated.
        tf.errors.OpError: A file cannot be read.
    """
    with replacing(directory) as scratch:
        write_saved_model(source, scratch)
        check_written(source, scratch)
        if check is not None:
            check(scratch)


def check_written(source: ModelSource, directory: str) -> None:
    """Compares a SavedModel that was written with the digests of the candidate.

    Args:
        source: Candidate, whose weights and graph have been digested.
        directory: Directory of the SavedModel.

    Raises:
        ChangedError: Its weights, graph or assets are others.
    """
    if SavedModel(directory).fingerprint != source.saved_model.fingerprint:
        raise ChangedError(
            f"The graph or an asset of {source.saved_model.directory} was written again after it "
            f"was read, so {source.name} is not exported. Sweep again."
        )
    bundle = TensorBundle(os.path.join(directory, VARIABLES))
    if not source.digested <= bundle.shapes.keys() or (
        digest_of(source.digested, bundle.read_once) != source.digest
    ):
        raise ChangedError(
            f"The weights of {source.name} ({source.location}) were written again after they were "
            "read, so it is not exported. Sweep again."
        )
