"""The preparation of a RecordBatch: all that models and metrics take of it, in one step."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import data_errors
from checkpoint_sweep.evaluation.inputs.extracts import (
    add_labels_and_weights,
    extract,
    signature_inputs,
)
from checkpoint_sweep.evaluation.inputs.preprocessing import Preprocessing

# The problem of examples on which the models fail, and the advice.
UNFIT = (
    "The exported model cannot predict on these examples",
    "Evaluate on examples that its signature can parse, or name another in "
    "ModelSpec.signature_name.",
)


@dataclasses.dataclass(frozen=True)
class PreparedBatch:
    """A batch as models and metrics take it.

    Attributes:
        batch: RecordBatch as it was read.
        extracts: TFMA's batched extracts with labels and example weights, without predictions.
        slice_features: Features to slice by, by name.
        inputs: Arrays to feed to the signature, by argument name.
    """

    batch: pa.RecordBatch
    extracts: dict[str, Any]
    slice_features: dict[str, Any]
    inputs: dict[str, np.ndarray]

    @property
    def size(self) -> int:
        """Number of examples."""
        return int(self.batch.num_rows)

    def without_inputs(self) -> "PreparedBatch":
        """Returns the same for the metrics alone: arrays for the models may be large."""
        return dataclasses.replace(self, inputs={})


@dataclasses.dataclass(frozen=True)
class BatchPreparer:
    """Prepares batches for models of one signature.

        preparer = BatchPreparer(eval_config, {}, None, preprocessing, predictor.input_specs)
        predictor.predict(preparer.prepare(batch).inputs)

    Attributes:
        eval_config: Config of the evaluation, with its defaults filled in.
        representations: Tensor representations, by which columns become tensors; TFMA's default for
            those not named.
        features: Names of the features to convert; None for all.
        preprocessing: Preprocessing functions of the models.
        specs: Inputs of the signature, by argument name.
    """

    eval_config: config_pb2.EvalConfig
    representations: Mapping[str, schema_pb2.TensorRepresentation]
    features: Collection[str] | None
    preprocessing: Preprocessing
    specs: Mapping[str, tf.TensorSpec]

    def prepare(self, batch: pa.RecordBatch) -> PreparedBatch:
        """Extracts, preprocesses and checks a batch.

        Args:
            batch: RecordBatch with the serialized examples in ``tfma.ARROW_INPUT_COLUMN``, if the
                models need them.

        Raises:
            InputError: A feature that is read is missing, or has too many values.
            EvaluationError: The models cannot take the examples, or a label or an example weight
                is not finite.
        """
        extracts = extract(batch, self.representations, self.features)
        with data_errors.in_a_sentence(*UNFIT):
            extracts = self.preprocessing.apply(extracts)
        extracts = add_labels_and_weights(extracts, self.eval_config, batch.num_rows)
        data_errors.check_values(extracts, self.eval_config, batch.num_rows)
        with data_errors.in_a_sentence(*UNFIT):
            inputs = signature_inputs(self.specs, extracts)
        return PreparedBatch(batch, extracts, self.preprocessing.sliced(extracts), inputs)
