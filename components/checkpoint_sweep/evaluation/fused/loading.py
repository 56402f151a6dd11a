"""The models that a step keeps loaded in a process, and their release."""

import dataclasses
import gc
from collections.abc import Callable, Sequence
from typing import Any

from apache_beam.utils import shared

from checkpoint_sweep.evaluation.inputs.preprocessing import Preprocessing
from checkpoint_sweep.saved_model.model_source import ModelSource

# From sources and a signature's name to an object with ``input_specs`` and ``predict``.
Loader = Callable[[Sequence[ModelSource], str], Any]


@dataclasses.dataclass(frozen=True)
class Loaded:
    """All that is loaded, as one object: Beam keeps only one alive between bundles.

    Attributes:
        predictor: Models of the evaluation, with ``input_specs`` and ``predict``.
        preprocessing: Preprocessing functions of the SavedModels.
        inputs: Names of what the models and these functions take.
    """

    predictor: Any
    preprocessing: Preprocessing
    inputs: frozenset[str]


class _Nothing:
    """Takes the place of what was loaded."""


def release() -> None:
    """Lets go of the models that Beam keeps alive in this process after a pipeline has ended."""
    shared.Shared().acquire(_Nothing)
    gc.collect()
