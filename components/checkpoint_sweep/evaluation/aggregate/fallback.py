"""TFMA's own way to add examples to a leaf: one at a time, through its preprocessors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.aggregate.state import AccumulatorKey, Row
from checkpoint_sweep.evaluation.inputs.extracts import split_by_example
from checkpoint_sweep.evaluation.plan import plan as plan_lib

# These count an example without a label as wrong or as right, or leave it out.
_NEED_A_LABEL = (
    tfma_internals.BinaryMatrixCombiner,
    tfma_internals.ExactMatchCombiner,
    tfma_internals.KerasCombiner,
)


class ExampleByExample:
    """Runs TFMA's preprocessors and combiners on single examples of a batch.

    Args:
        extracts: Extracts of the batch, without predictions.
        size: Number of examples of the batch.
        rows: Rows of the batch.
        pairs: Examples that add to each row, as ``Rows.row`` and ``Rows.example``.
    """

    def __init__(
        self, extracts: Mapping[str, Any], size: int, rows: Sequence[Row], pairs: slicing.Rows
    ) -> None:
        self._extracts = {k: v for k, v in extracts.items() if v is not None}
        self._size = size
        self._rows = rows
        self._pairs = pairs
        self._examples: list[dict[str, Any]] | None = None
        self._predictions: dict[int, list[dict[str, Any]]] = {}

    def add(
        self,
        leaf: plan_lib.Leaf,
        model: int,
        predictions: Any,
        chosen: np.ndarray,
        into: dict[AccumulatorKey, Any],
    ) -> None:
        """Adds the ``chosen`` examples, a (batch size,) mask, of one model to accumulators.

        Args:
            leaf: Leaf whose combiner adds them.
            model: Number of the model.
            predictions: Predictions of the batch, as TFMA's extracts hold them.
            chosen: Examples to add, (batch size,) bool.
            into: Accumulators by model, sample and slice, which are changed.
        """
        if self._examples is None:
            self._examples = split_by_example(self._extracts, self._size)
        if model not in self._predictions:
            of_model = {constants.PREDICTIONS_KEY: predictions}
            self._predictions[model] = split_by_example(of_model, self._size)
        preprocess = tfma_internals.PreprocessorDoFn([leaf.computation])
        preprocess.setup()
        inputs: dict[int, Any] = {}
        needs_label = isinstance(leaf.computation.combiner, _NEED_A_LABEL)
        pairs = zip(self._pairs.row.tolist(), self._pairs.example.tolist(), strict=True)
        for row, example in pairs:
            if not chosen[example]:
                continue
            if example not in inputs:
                extracts = {**self._examples[example], **self._predictions[model][example]}
                extracts[constants.SLICE_KEY_TYPES_KEY] = slicer_lib.slice_keys_to_numpy_array([])
                if needs_label and _is_missing(extracts.get(constants.LABELS_KEY)):
                    raise ValueError("no value provided for label")
                (inputs[example],) = preprocess.process(extracts)
            sample, keys = self._rows[row]
            for key in keys:
                accumulator_key = (model, sample, key)
                accumulator = into.get(accumulator_key)
                if accumulator is None:
                    accumulator = leaf.combine.create_accumulator()
                into[accumulator_key] = leaf.combine.add_input(accumulator, inputs[example])


def _is_missing(label: Any) -> bool:
    """Tells whether a label, or that of an output, has no value."""
    if isinstance(label, Mapping):
        return any(map(_is_missing, label.values()))
    return isinstance(label, np.ndarray) and not label.size
