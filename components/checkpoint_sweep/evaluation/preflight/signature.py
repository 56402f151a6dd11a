"""Checks that the exported model serves what the evaluation config reads, from the examples.

They are made before any work: in the engine, a mismatch would surface inside Beam.
"""

from collections.abc import Collection, Mapping
from typing import Any

import tensorflow as tf
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils import model_util

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.text import listed
from checkpoint_sweep.common.wording import EVAL_MODEL
from checkpoint_sweep.evaluation.plan.plan import model_spec
from checkpoint_sweep.evaluation.predict.serving_graph import used_inputs
from checkpoint_sweep.evaluation.preflight.features import check_features
from checkpoint_sweep.saved_model.saved_model import SavedModel

# Outputs that TFMA takes for the prediction among several, in this order.
_STANDARD = ("scores", "outputs", "predictions", "logistic", "probabilities", "logits")
_WITHOUT_PREDICTION = frozenset({"ExampleCount", "WeightedExampleCount"})
# Metrics of two classes, which TFMA flattens over the columns of an output.
_BINARY = frozenset(
    {
        "AUC",
        "AUCPrecisionRecall",
        "BinaryAccuracy",
        "BinaryCrossEntropy",
        "BinaryCrossentropy",
        "Calibration",
        "F1Score",
        "MeanLabel",
        "MeanPrediction",
        "Precision",
        "Recall",
    }
)


class SignatureError(UserError):
    """The exported model does not serve what the evaluation reads; the message says what does."""


def check_signature(
    saved_model: SavedModel,
    eval_config: config_pb2.EvalConfig,
    features: Collection[str],
    of_baseline: bool = False,
) -> None:
    """Checks a model's signature, its outputs and inputs, and that labels, weights, slices exist.

    Other types of models, which only stock TFMA runs, are not checked.

    Args:
        saved_model: SavedModel of the model.
        eval_config: Config of the evaluation, with its defaults filled in.
        features: Names of the examples' features.
        of_baseline: Whether the model is the baseline.

    Raises:
        FeatureError: A feature that the config names is not there.
        SignatureError: A signature or an output is not there, or does not fit.
    """
    spec = model_spec(eval_config, of_baseline)
    if spec.model_type not in ("", constants.TF_GENERIC, constants.TF_KERAS):
        return
    check_features(saved_model, spec, eval_config, features)
    if spec.signature_name == "eval":
        raise SignatureError(
            "The evaluation config names the signature 'eval', that of an EvalSavedModel, which "
            f"computes metrics in its own graph. Name one of these in ModelSpec.signature_name: "
            f"{_list([n for n in saved_model.signatures if n != 'eval'])}. The metrics of that "
            "graph are computed by ",
            EVAL_MODEL,
            ".",
        )
    name = spec.signature_name or saved_model.default_signature
    model = "baseline model" if of_baseline else "exported model"
    present = saved_model.signatures
    if name not in present:
        raise SignatureError(
            f"The {model} {saved_model.directory} has no signature {name!r}; it has: "
            f"{_list(present)}. Name one of these in ModelSpec.signature_name."
        )
    signature = present[name]
    label = f"Signature {name!r} of the {model} {saved_model.directory}"
    _check_inputs(label, signature.inputs, features, saved_model, name)
    for metrics in eval_config.metrics_specs:
        if all(metric.class_name in _WITHOUT_PREDICTION for metric in metrics.metrics):
            continue
        for output in metrics.output_names or [""]:
            _check_output(label, signature.outputs, output, spec.prediction_key)


def flattening_warning(saved_model: SavedModel, eval_config: config_pb2.EvalConfig) -> str | None:
    """Warns in a sentence if binary metrics would be computed over a two-column output.

    TFMA then takes every example for two, one a column: precision equals recall, calibration is
    1 and cross entropy can move the wrong way.

    Args:
        saved_model: SavedModel that was exported.
        eval_config: Config of the evaluation, with its defaults filled in.

    Returns:
        The sentence; None if they would not.
    """
    spec = next((s for s in eval_config.model_specs if not s.is_baseline), None)
    names = sorted(
        metric.class_name
        for metrics in eval_config.metrics_specs
        if not metrics.HasField("binarize") and not metrics.HasField("aggregate")
        for metric in metrics.metrics
        if metric.class_name in _BINARY
    )
    if spec is None or not names:
        return None
    name = spec.signature_name or saved_model.default_signature
    signature = saved_model.signatures.get(name)
    if signature is None:
        return None
    outputs = dict(signature.outputs)
    key = predicted_output(outputs, spec.prediction_key)
    if key is None:
        return None
    dims = [dim.size for dim in outputs[key].tensor_shape.dim]
    if len(dims) != 2 or dims[1] != 2:
        return None
    return (
        f"Output {key!r} has two columns, and {', '.join(names)} would count each example twice, "
        "once a column: their values are not those of the positive class. Export the positive "
        "class's probability alone, or binarize with class_ids in metrics_specs."
    )


def conversion_notice(
    saved_model: SavedModel, eval_config: config_pb2.EvalConfig, types: Mapping[str, str]
) -> str | None:
    """Says which features are converted to the number type of an input; None if none is.

    Args:
        saved_model: SavedModel that was exported.
        eval_config: Config of the evaluation, with its defaults filled in.
        types: Names of the types of features that are numbers, `int64` or `float32`, by feature.
    """
    spec = model_spec(eval_config, of_baseline=False)
    signature = saved_model.signatures.get(spec.signature_name or saved_model.default_signature)
    converted = [
        f"{feature} ({types[feature]} to {dtype.name})"
        for name, tensor in sorted(signature.inputs.items() if signature else ())
        if (feature := model_util.find_input_name_in_features(set(types), name)) is not None
        and (dtype := tf.as_dtype(tensor.dtype)).name != types[feature]
        and dtype != tf.string
    ]
    if not converted:
        return None
    return (
        f"Features are converted to the types of the signature's inputs: {_list(converted)}. A "
        "whole number that its type does not hold is refused."
    )


def predicted_output(outputs: Collection[str], prediction_key: str) -> str | None:
    """Finds the output that TFMA takes for the prediction; None if it finds none."""
    if len(outputs) == 1:
        return next(iter(outputs))
    wanted = [prediction_key] if prediction_key else _STANDARD
    return next((key for key in wanted if key in outputs), None)


def _check_inputs(
    label: str,
    inputs: Mapping[str, Any],
    features: Collection[str],
    saved_model: SavedModel,
    name: str,
) -> None:
    """Checks that the engine can feed the inputs: features, or one string for whole examples."""
    unknown = [n for n in sorted(inputs) if not _found(n, features)]
    if unknown and len(inputs) > 1:
        used = used_inputs(saved_model, name)
        inputs = {n: tensor for n, tensor in inputs.items() if n in used}
        unknown = [n for n in unknown if n in used]
    if not unknown or (len(inputs) == 1 and inputs[unknown[0]].dtype == tf.string.as_datatype_enum):
        return
    raise SignatureError(
        f"{label} takes {_list(inputs)}, and the examples have no feature {unknown[0]!r}. Choose "
        "a signature that parses serialized examples with ModelSpec.signature_name, or evaluate "
        "on examples that have these features."
    )


def _found(name: str, features: Collection[str]) -> bool:
    return model_util.find_input_name_in_features(set(features), name) is not None


def _check_output(label: str, tensors: Mapping[str, Any], output: str, prediction_key: str) -> None:
    outputs = sorted(tensors)
    if output:
        below = [n.removeprefix(f"{output}/") for n in outputs if n.startswith(f"{output}/")]
        if len(outputs) == 1 or (output not in outputs and not below):
            raise SignatureError(
                f"{label} has no output {output!r} to evaluate by name; it has: {_list(outputs)}. "
                + (
                    "Leave output_names out of metrics_specs."
                    if len(outputs) == 1
                    else "Name some of these in output_names."
                )
            )
        if output in outputs:
            _check_prediction(label, output, tensors[output])
            return
        outputs = below
    predicted = predicted_output(outputs, prediction_key)
    if predicted is None:
        reason = "several outputs, none of which TFMA takes for the prediction"
        raise SignatureError(
            f"{label} has {f'no output {prediction_key!r}' if prediction_key else reason}; it has: "
            f"{_list(outputs)}. Name the prediction in ModelSpec.prediction_key, or evaluate "
            "outputs by output_names."
        )
    name = f"{output}/{predicted}" if output else predicted
    _check_prediction(label, name, tensors[name])


def _check_prediction(label: str, name: str, tensor: Any) -> None:
    """Checks that a tensor can be the predictions of a batch; raises SignatureError if not."""
    shape = tensor.tensor_shape
    problem = ""
    if tensor.dtype == tf.string.as_datatype_enum:
        problem = "is text"
    elif tensor.WhichOneof("encoding") == "name" and not shape.unknown_rank and not shape.dim:
        problem = "is one value for all examples"
    if problem:
        raise SignatureError(
            f"{label} has the output {name!r}, which {problem} and no prediction. Export one that "
            "is a number, or several, for each example, or name another in "
            "ModelSpec.prediction_key."
        )


def _list(names: Collection[str]) -> str:
    return listed(name for name in names if not name.startswith("__"))
