"""Writes the predictions of models on every example, each model's as a Parquet file.

A pass of its own after the choice, in this process: which candidate is chosen is known only then,
and the candidates of a race or of several groups never see the examples together. It predicts with
the few models that are named, so that it costs what reading the examples does.
"""

import copy
import json
import os
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf
from absl import logging
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common import progress
from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.evaluation import data_errors
from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.candidates.fingerprint import ChangedError, changed_weights_reason
from checkpoint_sweep.evaluation.fused import required_features
from checkpoint_sweep.evaluation.fused.stacking import single_output
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.inputs.extracts import (
    features_of_inputs,
    label_and_weight_features,
)
from checkpoint_sweep.evaluation.inputs.preparer import UNFIT, BatchPreparer, PreparedBatch
from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.evaluation.predict import LoadedModels
from checkpoint_sweep.evaluation.preflight.support import unsupported_reason
from checkpoint_sweep.evaluation.results.files import prediction_file
from checkpoint_sweep.evaluation.results.prediction_columns import columns_of, concatenated
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.sweeping.predictions.request import PredictionsError

# Of the files: raised when a column changes its meaning or goes; columns may be added.
VERSION = 1
_ROWS = 4096


def write_predictions(
    sources: Sequence[ModelSource],
    baseline: ModelSource | None,
    eval_config: config_pb2.EvalConfig,
    examples: ExampleSource,
    evaluation: str,
    key: str | None = None,
) -> list[str]:
    """Writes the predictions of candidates and of the baseline.

    Args:
        sources: Candidates.
        baseline: Baseline; None for none.
        eval_config: Config of the evaluation, with its defaults filled in.
        examples: Examples to predict.
        evaluation: Directory of the evaluation.
        key: Feature for the column `key`; None without.

    Returns:
        The paths of the files; none, with a warning, where only stock TFMA can prepare examples.

    Raises:
        PredictionsError: There is no such feature.
        ChangedError: The weights of a candidate are no longer those that were evaluated.
        UserError: The examples do not fit.
    """
    written = []
    models = [(source, False) for source in sources]
    models += [(baseline, True)] if baseline else []
    for source, is_baseline in models:
        config = _config_of(eval_config, is_baseline)
        if reason := unsupported_reason(config, [source]):
            logging.warning("No predictions of %s are written: %s.", source.name, reason)
            continue
        progress.enter(f"writing the predictions of {source.name}")
        table = concatenated(list(_tables(source, config, examples, key)))
        if source.digest and (reason := changed_weights_reason(source)):
            raise ChangedError(f"No predictions of {source.name} are written: {reason}.")
        about = {"version": VERSION, "name": source.name, "weights": source.location}
        table = table.replace_schema_metadata({"checkpoint_sweep": json.dumps(about)})
        path = prediction_file(evaluation, source.name)
        _write(table, path)
        written.append(path)
    return written


def _config_of(eval_config: config_pb2.EvalConfig, is_baseline: bool) -> config_pb2.EvalConfig:
    """Returns the config of a model alone, whose labels and weights are not by model."""
    config = copy.deepcopy(eval_config)
    own = [spec for spec in eval_config.model_specs if spec.is_baseline == is_baseline]
    del config.model_specs[:]
    for spec in own:
        config.model_specs.add().CopyFrom(spec)
        config.model_specs[-1].is_baseline = False
    return config


def _tables(
    source: ModelSource, config: config_pb2.EvalConfig, examples: ExampleSource, key: str | None
) -> Iterator[pa.Table]:
    """Yields a table for each batch."""
    with data_errors.in_a_sentence(
        f"The graph of {source.saved_model.directory} cannot be loaded", "Export the model again."
    ):
        models = LoadedModels([source], required_features.signature(config, source.saved_model))
    try:
        sliced = sorted(slicing.columns(slicing.slicing_specs(config)))
        functions = preprocessing.Preprocessing(config, source, None, LoadedModels)
        wanted = features_of_inputs(models.input_specs) | {*sliced}
        wanted |= label_and_weight_features(config) | ({key} if key else set())
        adapter = examples.tensor_adapter_config
        preparer = BatchPreparer(
            config,
            adapter.tensor_representations if adapter else {},
            wanted | preprocessing.inputs(config, source.saved_model),
            functions,
            models.input_specs,
        )
        row, has_key = 0, key is None
        for batch in examples.batches(_ROWS):
            prepared = preparer.prepare(batch)
            with data_errors.in_a_sentence(*UNFIT):
                (outputs,) = models.predict(prepared.inputs)
            found = {"row": pa.array(np.arange(row, row + prepared.size))}
            if key is not None:
                of_key = columns_of("key", prepared.slice_features.get(key), prepared.size)
                has_key, found = has_key or bool(of_key), found | of_key
            yield pa.table(found | _columns(prepared, sliced, single_output(outputs)))
            row += prepared.size
        if not has_key:
            raise PredictionsError(f"No example has the feature {key!r}. Name another key.")
    finally:
        models.close()


def _columns(
    prepared: PreparedBatch, sliced: Sequence[str], outputs: object
) -> dict[str, pa.Array]:
    extracts, size = prepared.extracts, prepared.size
    found: dict[str, pa.Array] = {}
    for feature in sliced:
        found |= columns_of(f"slice/{feature}", prepared.slice_features.get(feature), size)
    found |= columns_of("label", extracts.get("labels"), size)
    found |= columns_of("weight", extracts.get("example_weights"), size)
    return found | columns_of("prediction", outputs, size)


def _write(table: pa.Table, path: str) -> None:
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer)
    with replacing(path) as scratch, tf.io.gfile.GFile(scratch, "wb") as file:
        file.write(buffer.getvalue().to_pybytes())
    logging.info("The predictions: %s", os.path.basename(path))
