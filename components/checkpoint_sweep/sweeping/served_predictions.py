"""Predictions of an exported model by the loaders that serve it, beside the engine's."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.error_messages import telling_line
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation.fused.required_features import features, signature
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.inputs.preparer import BatchPreparer
from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.predict import LoadedModels, SeparateModels
from checkpoint_sweep.evaluation.predict.fixed_batch import predict_all
from checkpoint_sweep.evaluation.predict.predictor import Arrays
from checkpoint_sweep.evaluation.preflight.support import unsupported_reason
from checkpoint_sweep.saved_model.model_source import ModelSource

_ROWS = 32
_LOADERS = "tf.compat.v1.saved_model.load", "tf.saved_model.load"


class ServingError(UserError):
    """An exported model does not predict, or not as the engine did; the message says by what."""


def check_predictions(
    source: ModelSource, directory: str, eval_config: config_pb2.EvalConfig, examples: ExampleSource
) -> None:
    """Checks that an exported model predicts the first examples as the engine does.

    It is loaded by TensorFlow 1's loader and, if it has an object graph, by `tf.saved_model.load`.
    Without one, this runs the same graph and the same restore op as TensorFlow 1's.

    What only stock TFMA can prepare is not compared. Nor are models that predict the same examples
    differently each time.

    Args:
        source: Candidate that was evaluated.
        directory: Directory of its SavedModel.
        eval_config: Config of the evaluation, with its defaults filled in.
        examples: Examples that it was evaluated on.

    Raises:
        ServingError: A loader fails, or gives other predictions; the message says which.
    """
    if unsupported_reason(eval_config, [source]):
        return
    name = signature(eval_config, source.saved_model)
    engine = LoadedModels([source], name)
    try:
        inputs = _inputs(source, eval_config, examples, engine.input_specs)
        (expected,), (again,) = engine.predict(inputs), engine.predict(inputs)
    finally:
        engine.close()
    if different_output(expected, again) is not None:
        return
    loaders = {_LOADERS[0]: _by_v1}
    if source.saved_model.meta_graph.object_graph_def.nodes:
        loaders[_LOADERS[1]] = _by_v2
    for loader, predict in loaders.items():
        try:
            outputs = predict(directory, name, inputs)
        except Exception as error:
            raise ServingError(
                f"{source.name} is not exported: {loader} cannot load or run it: "
                f"{telling_line(error)}. Export the model again."
            ) from error
        if output := different_output(expected, outputs):
            raise ServingError(
                f"{source.name} is not exported: loaded by {loader}, its output {output!r} is not "
                "what was evaluated. The exported model holds variables that the checkpoints' "
                "weights do not reach. With Keras 3, export by keras.export.ExportArchive; "
                "otherwise save the model, with its signature, by tf.saved_model.save."
            )


def different_output(expected: Arrays, actual: Arrays) -> str | None:
    """Finds an output whose values are not equal, but for rounding; None if all are.

    >>> different_output({"p": np.float32([0.5, 1.0])}, {"p": np.float32([0.5, 1.1])})
    'p'

    Args:
        expected: Outputs by name.
        actual: Outputs by name, at least the same ones.
    """
    for name, values in expected.items():
        other = np.asarray(actual[name])
        if values.shape != other.shape or values.dtype != other.dtype:
            return name
        if not np.issubdtype(values.dtype, np.inexact):
            # Classes may differ by rounding too, where scores are equal: scores are compared.
            continue
        finite = np.abs(values[np.isfinite(values)])
        # Each op rounds; half of the digits are left after some thousand of them.
        room = np.sqrt(np.finfo(values.dtype).eps) * finite.max(initial=0.0)
        if not np.allclose(values, other, rtol=0.0, atol=room, equal_nan=True):
            return name
    return None


def _inputs(
    source: ModelSource,
    eval_config: config_pb2.EvalConfig,
    examples: ExampleSource,
    specs: Mapping[str, tf.TensorSpec],
) -> dict[str, np.ndarray]:
    config = examples.tensor_adapter_config
    plan = plan_lib.make(plan_lib.split_config(eval_config)[""])
    inputs = {*specs, *preprocessing.inputs(eval_config, source.saved_model)}
    preparer = BatchPreparer(
        eval_config,
        config.tensor_representations if config else {},
        features(eval_config, plan, inputs),
        preprocessing.Preprocessing(eval_config, source, None, LoadedModels),
        specs,
    )
    return preparer.prepare(next(examples.batches(_ROWS))).inputs


def _by_v1(directory: str, signature_name: str, inputs: Mapping[str, np.ndarray]) -> Arrays:
    models = SeparateModels([ModelSource.from_saved_model("exported", directory)], signature_name)
    try:
        given = _with_unused(models.input_specs, inputs)
        (outputs,) = predict_all(models.predict, models.input_specs, given)
        return outputs
    finally:
        models.close()


def _by_v2(directory: str, signature_name: str, inputs: Mapping[str, np.ndarray]) -> Arrays:
    function = tf.saved_model.load(directory).signatures[signature_name]
    specs = function.structured_input_signature[1]

    def predict(given: Mapping[str, np.ndarray]) -> list[Arrays]:
        outputs = function(**{name: tf.constant(given[name]) for name in specs})
        return [{name: value.numpy() for name, value in outputs.items()}]

    (outputs,) = predict_all(predict, specs, _with_unused(specs, inputs))
    return outputs


def _with_unused(
    specs: Mapping[str, tf.TensorSpec], inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Adds the inputs that the engine does not feed, since no output depends on them."""
    rows = len(next(iter(inputs.values())))
    given = dict(inputs)
    for name in specs.keys() - inputs.keys():
        dtype, shape = specs[name].dtype, specs[name].shape
        sizes = [rows, *(size or 1 for size in shape[1:])] if shape.rank else []
        given[name] = np.full(sizes, b"" if dtype == tf.string else 0, dtype.as_numpy_dtype)
    return given
