"""Evaluations, and metrics, that the fused engine leaves to stock TFMA."""

import os
from collections.abc import Sequence

import tensorflow as tf
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel

_KERAS_METADATA = "keras_metadata.pb"


def unsupported_reason(
    eval_config: config_pb2.EvalConfig, sources: Sequence[ModelSource] = ()
) -> str | None:
    """Says why an evaluation needs stock TFMA; None if the fused engine can run it.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        sources: Models, whose SavedModels are looked at too.
    """
    if reason := tfma_internals.unknown_version():
        return reason
    for slicing in eval_config.slicing_specs:
        if slicing.slice_keys_sql:
            return "slices by SQL need TFMA's SQL extractor"
    names = [spec.name for spec in eval_config.model_specs]
    if sum(not spec.is_baseline for spec in eval_config.model_specs) != 1 or len(names) > 2:
        return f"one candidate ModelSpec and at most one baseline are expected, not {names}"
    if _signatures_differ(eval_config, sources):
        return "the baseline is run by another signature than the candidates, or takes other inputs"
    if _defaults_differ(eval_config, sources):
        return "the exports of the runs have other default signatures"
    for spec in eval_config.model_specs:
        if spec.model_type not in ("", constants.TF_GENERIC, constants.TF_KERAS):
            return f"models of type {spec.model_type!r} are run by TFMA's own extractors"
        for saved_model in dict.fromkeys(source.saved_model for source in sources):
            if saved_model.exists():
                reason = preprocessing.unsupported_reason(spec, saved_model)
                if reason:
                    return reason
    return None


def _signatures_differ(eval_config: config_pb2.EvalConfig, sources: Sequence[ModelSource]) -> bool:
    """Tells whether the last of the models, the baseline, cannot be run as the others are."""
    specs = {spec.is_baseline: spec for spec in eval_config.model_specs}
    if len(specs) < 2 or not all(s.saved_model.exists() for s in sources) or not sources:
        return False
    found = []
    for of_baseline, source in ((False, sources[0]), (True, sources[-1])):
        name = specs[of_baseline].signature_name
        name = name or source.saved_model.default_signature
        definition = source.saved_model.signatures.get(name)
        found.append((name, sorted(definition.inputs) if definition else None))
    return found[0] != found[1]


def _defaults_differ(eval_config: config_pb2.EvalConfig, sources: Sequence[ModelSource]) -> bool:
    """Tells whether candidates, of several exports, are run by several signatures."""
    if any(s.signature_name for s in eval_config.model_specs if not s.is_baseline):
        return False
    has_baseline = any(spec.is_baseline for spec in eval_config.model_specs)
    candidates = sources[:-1] if has_baseline else sources
    exports = dict.fromkeys(s.saved_model for s in candidates)
    return len({e.default_signature for e in exports if len(exports) > 1 and e.exists()}) > 1


def compiled_metrics_warning(
    saved_model: SavedModel, eval_config: config_pb2.EvalConfig
) -> str | None:
    """Warns in a sentence if a SavedModel brings metrics that the engine leaves out; else None.

    TFMA adds the metrics of `model.compile` to those of the config, which it can only compute by
    running the Keras model itself, one checkpoint after the other.

    Args:
        saved_model: SavedModel that was exported.
        eval_config: Config of the evaluation, with its defaults filled in.
    """
    options = eval_config.options
    wanted = not options.HasField("include_default_metrics") or (
        options.include_default_metrics.value
    )
    if not wanted or not is_compiled(saved_model.directory):
        return None
    return (
        f"The metrics that {saved_model.directory} was compiled with are not computed, only those "
        "of the evaluation config. To compute them, name them in metrics_specs, or use the engine "
        "tfma. To silence this warning, set options.include_default_metrics to false in the "
        "evaluation config."
    )


def is_compiled(directory: str) -> bool:
    """Tells whether a SavedModel is a Keras model, saved with its training configuration.

    Args:
        directory: Directory of the SavedModel.
    """
    path = os.path.join(directory, _KERAS_METADATA)
    if not tf.io.gfile.exists(path):
        return False
    with tf.io.gfile.GFile(path, "rb") as file:
        return b'"training_config": {' in file.read()
