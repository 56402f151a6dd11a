"""What a model predicts on the first examples: the range tells probabilities from other numbers."""

import contextlib
import dataclasses
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.coders import example_coder

from checkpoint_sweep.common.errors import SweepError
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.inputs.extracts import (
    extract,
    features_of_inputs,
    signature_inputs,
)
from checkpoint_sweep.evaluation.predict.loader import LoadedModels
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.parsed_features import parsed_features
from checkpoint_sweep.saved_model.saved_model import SavedModel

_ROWS = 256
_TYPES = {tf.int64: pa.int64(), tf.float32: pa.float32()}


@dataclasses.dataclass(frozen=True)
class Predicted:
    """What one output was on the examples that were looked at.

    Attributes:
        low: Smallest value.
        high: Largest value.
        columns: Number of values for an example.
    """

    low: float
    high: float
    columns: int

    @property
    def within_unit(self) -> bool:
        """Whether all values are within [0, 1], as probabilities are."""
        return self.low >= 0 and self.high <= 1


def look_at_predictions(
    saved_model: SavedModel,
    signature: str,
    batch: pa.RecordBatch,
    representations: Mapping[str, schema_pb2.TensorRepresentation],
) -> tuple[Mapping[str, Predicted], str]:
    """Predicts on the first examples of a batch.

    Args:
        saved_model: SavedModel with the weights that it was exported with.
        signature: Name of its signature.
        batch: Examples, with those serialized in `tfma.ARROW_INPUT_COLUMN`.
        representations: Tensor representations of the schema, which have its defaults.

    Returns:
        What each output that is a number was, by its name; and why there is nothing, or "".
    """
    batch = batch.slice(0, _ROWS)
    try:
        source = ModelSource.from_saved_model("model", saved_model.directory)
        with contextlib.closing(LoadedModels([source], signature)) as models:
            wanted = features_of_inputs(models.input_specs)
            extracts = extract(_as_parsed(batch, saved_model), representations, wanted)
            (outputs,) = models.predict(signature_inputs(models.input_specs, extracts))
    except (SweepError, tf.errors.OpError, pa.ArrowException, OSError, ValueError) as error:
        return {}, first_line(error)
    found = {name: _predicted(values, batch.num_rows) for name, values in outputs.items()}
    return {name: predicted for name, predicted in found.items() if predicted is not None}, ""


def _predicted(values: np.ndarray, rows: int) -> Predicted | None:
    if values.dtype.kind not in "iuf" or not values.size or values.shape[:1] != (rows,):
        return None
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    return Predicted(float(finite.min()), float(finite.max()), values.size // rows)


def _as_parsed(batch: pa.RecordBatch, saved_model: SavedModel) -> pa.RecordBatch:
    """Gives features the types that the model parses: those of a table follow from its values."""
    names = [name for name in batch.schema.names if name != tfma.ARROW_INPUT_COLUMN]
    parsed = parsed_features(saved_model)
    columns, changed = [], False
    for name in names:
        column = batch.column(batch.schema.get_field_index(name))
        wanted = _TYPES.get(parsed.get(name))
        held = getattr(column.type, "value_type", None)
        if wanted is not None and held != wanted and held in _TYPES.values():
            column, changed = column.cast(pa.list_(wanted)), True
        columns.append(column)
    if not changed:
        return batch
    cast = pa.RecordBatch.from_arrays(columns, names)
    serialized = example_coder.RecordBatchToExamplesEncoder().encode(cast)
    lists = pa.array([[record] for record in serialized], pa.list_(pa.binary()))
    return pa.RecordBatch.from_arrays([*columns, lists], [*names, tfma.ARROW_INPUT_COLUMN])
