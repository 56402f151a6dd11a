"""The candidates of one run, by step."""

from collections.abc import Sequence
from typing import NamedTuple

from checkpoint_sweep.model_run.candidates import candidates_of, check_usable
from checkpoint_sweep.model_run.checkpoints import Checkpoint
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel


class Candidates(NamedTuple):
    """The model of each usable checkpoint, and the reason why another is skipped, by step."""

    sources: dict[int, ModelSource]
    skipped: dict[int, str]


def make_candidates(
    saved_model: SavedModel, checkpoints: Sequence[Checkpoint], swept: Sequence[Checkpoint]
) -> Candidates:
    """Makes a candidate of each swept checkpoint, as a sweep does."""
    made = candidates_of(saved_model, checkpoints, swept)
    check_usable(made)
    return Candidates(
        {c.step: source for c, source in made.items() if isinstance(source, ModelSource)},
        {c.step: reason for c, reason in made.items() if isinstance(reason, str)},
    )
