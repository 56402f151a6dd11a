"""Makes a SavedModel of checkpoints and code, for runs that have exported none."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.model_run.candidates import candidates_of, check_usable
from checkpoint_sweep.model_run.checkpoints import Checkpoint, StepRange, find_checkpoints
from checkpoint_sweep.saved_model.graph_export import GraphError, write_graph
from checkpoint_sweep.saved_model.object_export import write_objects
from checkpoint_sweep.saved_model.saved_model import SavedModel


def export_graph(
    function: Callable[..., Any] | str,
    run: str,
    directory: str,
    *,
    step: int | None = None,
    averages: bool = False,
    step_from: str | None = None,
) -> int:
    """Writes the SavedModel that a sweep of the run takes its graph from.

    >>> import tensorflow as tf
    >>> from checkpoint_sweep import export_graph
    >>> def network(examples):  # As it was built for training.
    ...     x = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"]
    ...     return {"probability": tf.sigmoid(tf.compat.v1.layers.dense(x, 1, name="logit"))}
    >>> export_graph(network, "run", "export")
    4000

    The function says by its parameters what it builds:

    - with one, it gets serialized `tf.Example`s, a tensor of strings, shape (batch,), in
      TensorFlow 1's default graph, and returns an output, outputs by name, or the `EstimatorSpec`
      of a `model_fn` in PREDICT mode;
    - without one, it returns a Keras model, or a pair: a model and a `tf.function` that predicts by
      it, or an Estimator and its `serving_input_receiver_fn`.

    Args:
        function: Function, or its name as `module:function`, with modules of the current folder.
        run: Directory of the checkpoints.
        directory: Directory for the SavedModel; it must not exist, and does not after an error.
        step: Step of the checkpoint whose weights it gets; None for the last.
        averages: Whether variables get their moving averages, which the checkpoint holds under
            `<name>/ExponentialMovingAverage`.
        step_from: Regular expression that finds the step in a name; None to tell it from the names.

    Returns:
        The step of the checkpoint.

    Raises:
        GraphError: There is no such function, it returns something else, or the checkpoint does
            not fit what it builds.
        CheckpointError: There is no such checkpoint.
        ExportedModelError: A sweep could not evaluate the checkpoints by this graph.
    """
    if os.path.lexists(directory):
        raise GraphError(f"{directory} exists. Name a folder that does not.")
    build = _named(function) if isinstance(function, str) else function
    checkpoints = find_checkpoints(run, step_from)
    if step is not None:
        checkpoints = StepRange(step, step).select(checkpoints)
    checkpoint = checkpoints[-1]
    with replacing(os.path.abspath(directory)) as scratch:
        _write(build, checkpoint, scratch, averages)
        check_usable(candidates_of(SavedModel(scratch), [checkpoint], [checkpoint]))
    return checkpoint.step


def _named(name: str) -> Callable[..., Any]:
    """Imports a function."""
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise GraphError(f"{name!r} is not a function. Write module:function.")
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError as error:
        raise GraphError(
            f"{module!r} cannot be imported: there is no module {error.name!r}. Run this in its "
            "folder, or put its folder on PYTHONPATH."
        ) from error
    if not callable(found):
        raise GraphError(
            f"The module {module!r} has no function {attribute!r}. Name one of its functions."
        )
    return found


def _write(
    build: Callable[..., Any], checkpoint: Checkpoint, directory: str, averages: bool
) -> None:
    required = [
        parameter
        for parameter in inspect.signature(build).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(required) > 1:
        raise GraphError(
            f"The function takes {len(required)} arguments: "
            f"{', '.join(p.name for p in required)}. Let it take the serialized examples, or none."
        )
    if required:
        write_graph(build, checkpoint.prefix, directory, averages=averages)
        return
    if averages:
        raise GraphError(
            "Averages are restored into the graph of a function that takes the serialized "
            "examples. Let it take them, or export without averages."
        )
    made = build()
    model, serve = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if hasattr(model, "export_saved_model"):  # An Estimator.
        _write_estimator(model, serve, checkpoint, directory)
    elif isinstance(model, tf.Module):
        write_objects(model, serve, checkpoint.prefix, directory)
    else:
        raise GraphError(
            f"The function returns {type(made).__name__}. Let it return a Keras model, or a pair "
            "of a model and a tf.function, or of an Estimator and its serving_input_receiver_fn."
        )


def _write_estimator(
    estimator: Any, receiver: Callable[[], Any] | None, checkpoint: Checkpoint, directory: str
) -> None:
    if receiver is None:
        raise GraphError(
            "The function returns an Estimator. Let it return a pair: the Estimator, and its "
            "serving_input_receiver_fn."
        )
    written = estimator.export_saved_model(
        f"{directory}-base", receiver, checkpoint_path=checkpoint.prefix
    )
    os.rename(os.fsdecode(written), directory)
    os.rmdir(f"{directory}-base")
