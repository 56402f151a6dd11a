"""What this engine leaves to stock TFMA."""

import os
from collections.abc import Sequence

import tensorflow as tf
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.saved_model import model_source, signatures

_TRANSFORM_SIGNATURES = frozenset(("transformed_features", "transformed_labels"))
_KERAS_METADATA = "keras_metadata.pb"


def unsupported_reason(
    eval_config: config_pb2.EvalConfig, sources: Sequence[model_source.ModelSource] = ()
) -> str | None:
    """Why an evaluation needs stock TFMA; None when this engine can run it.

    Args:
        eval_config: with its defaults filled in.
        sources: the models, for what only their SavedModels tell.
    """
    for spec in eval_config.metrics_specs:
        if spec.query_key:
            return f"metrics by query key ({spec.query_key!r}) need examples grouped by query"
    for slicing in eval_config.slicing_specs:
        if slicing.slice_keys_sql:
            return "slices by SQL need TFMA's SQL extractor"
    names = [spec.name for spec in eval_config.model_specs]
    if sum(not spec.is_baseline for spec in eval_config.model_specs) != 1 or len(names) > 2:
        return f"one candidate ModelSpec and at most one baseline are expected, not {names}"
    for spec in eval_config.model_specs:
        if spec.model_type not in ("", constants.TF_GENERIC, constants.TF_KERAS):
            return f"models of type {spec.model_type!r} are run by TFMA's own extractors"
        if spec.signature_name == "eval":
            return "EvalSavedModels (signature 'eval') compute metrics in their own graph"
        if spec.preprocessing_function_names:
            return "preprocessing_function_names are run by TFMA's own extractor"
    for directory in dict.fromkeys(source.saved_model for source in sources):
        reason = _model_reason(directory, eval_config)
        if reason:
            return reason
    return None


def _model_reason(directory: str, eval_config: config_pb2.EvalConfig) -> str | None:
    """What in a SavedModel needs stock TFMA."""
    if not signatures.exists(directory):
        return None
    for graph in signatures.read(directory).meta_graphs:
        nodes = graph.object_graph_def.nodes
        names = {child.local_name for child in nodes[0].children} if nodes else set()
        found = sorted(_TRANSFORM_SIGNATURES & (names | set(graph.signature_def)))
        if found:
            return f"{directory} transforms features for TFMA ({', '.join(found)})"
    options = eval_config.options
    default = not options.HasField("include_default_metrics") or (
        options.include_default_metrics.value
    )
    if default and _compiled(directory):
        return (
            f"{directory} is a compiled Keras model, whose own metrics TFMA adds; set "
            "EvalConfig.options.include_default_metrics to false to do without them"
        )
    return None


def _compiled(directory: str) -> bool:
    """Whether a SavedModel is a Keras model that was saved with a training configuration."""
    path = os.path.join(directory, _KERAS_METADATA)
    if not tf.io.gfile.exists(path):
        return False
    with tf.io.gfile.GFile(path, "rb") as file:
        return b'"training_config": {' in file.read()
