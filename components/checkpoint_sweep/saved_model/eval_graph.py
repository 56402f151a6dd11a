"""The eval graph of a SavedModel: a model function in mode EVAL, with its own metrics.

`tf.estimator.Estimator.experimental_export_all_saved_models` writes it beside the serving graph,
`tfma.export.export_eval_savedmodel` (TFMA's EvalSavedModel) alone. Its signature `eval` gives the
value and the update op of each of `eval_metric_ops`, and the loss of a batch.
"""

import dataclasses
import re
from collections.abc import Mapping

import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.text import MOST_NAMED, some
from checkpoint_sweep.saved_model import graph
from checkpoint_sweep.saved_model.saved_model import SavedModel

TAG = "eval"
LOSS = "loss"
_SIGNATURE = "eval"
_METRIC = re.compile(r"metrics/(.+)/(value|update_op)")
# TFMA's EvalSavedModel names what its receiver takes so, and gives features and labels beside it.
_OF_TFMA = "inputs/examples"
_ITERATOR = "iterator_initializer"
_PARSE = (
    "Write an input receiver that parses serialized tf.Examples, such as that of "
    "tfma.export.build_parsing_eval_input_receiver_fn, and export again."
)


class EvalGraphError(UserError):
    """The metrics of a model function cannot be computed; the message says why."""


@dataclasses.dataclass(frozen=True)
class EvalGraph:
    """What is fed to an eval graph, and what it gives.

    Attributes:
        saved_model: SavedModel that has the graph.
        examples: Name of the tensor of the serialized examples, (rows,) string.
        values: Name of the tensor of each metric's value, by the metric's name.
        updates: Name of the tensor that adds a batch to each metric, by the metric's name.
        loss: Name of the tensor of a batch's loss; None without one.
        skipped: Names of the metrics that are no single numbers.
    """

    saved_model: SavedModel
    examples: str
    values: Mapping[str, str]
    updates: Mapping[str, str]
    loss: str | None
    skipped: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics, the loss among them, as `Estimator.evaluate` gives them."""
        return (*self.values, *([LOSS] if self.loss else []))


def read(saved_model: SavedModel) -> EvalGraph:
    """Reads the eval graph of a SavedModel.

        read(SavedModel("export/TFMA/1796063676")).names  # ("auc", "precision_at_5", "loss")

    Args:
        saved_model: SavedModel, which stays as it is.

    Raises:
        EvalGraphError: It has none, or one that does not take serialized examples.
        SavedModelError: There is no SavedModel, or it is damaged.
    """
    meta_graph = saved_model.eval_meta_graph
    if meta_graph is None or _SIGNATURE not in meta_graph.signature_def:
        raise EvalGraphError(
            f"{saved_model.directory} has no eval graph, which has the metrics of a model "
            "function. Export one by tf.estimator.Estimator.experimental_export_all_saved_models "
            "with a receiver for ModeKeys.EVAL, or by tfma.export.export_eval_savedmodel."
        )
    signature = meta_graph.signature_def[_SIGNATURE]
    examples = _examples(signature, saved_model.directory)
    found: dict[str, dict[str, str]] = {"value": {}, "update_op": {}}
    skipped = []
    for output in sorted(signature.outputs):
        if match := _METRIC.fullmatch(output):
            name, kind = match.groups()
            info = signature.outputs[output]
            found[kind][name] = info.name
            if kind == "value" and not _is_number(info):
                skipped.append(name)
    values = {n: t for n, t in found["value"].items() if n not in skipped}
    loss = signature.outputs[LOSS].name if LOSS in signature.outputs else None
    if not values and loss is None:
        raise EvalGraphError(
            f"The eval graph of {saved_model.directory} has no metric that is a number. Return "
            "some as eval_metric_ops of the EstimatorSpec, and export again."
        )
    _check_nodes(meta_graph, [examples, *values.values(), *found["update_op"].values()])
    updates = {n: t for n, t in found["update_op"].items() if n in values}
    return EvalGraph(saved_model, examples, values, updates, loss, tuple(skipped))


def _examples(signature: meta_graph_pb2.SignatureDef, directory: str) -> str:
    """Finds the tensor of the serialized examples.

    Raises:
        EvalGraphError: There is none, or the graph takes them by an iterator.
    """
    if _ITERATOR in signature.inputs:
        raise EvalGraphError(
            f"The eval graph of {directory} takes its examples by an iterator. {_PARSE}"
        )
    inputs = dict(signature.inputs)
    if _OF_TFMA in inputs:
        return inputs[_OF_TFMA].name
    if len(inputs) == 1:
        ((_, info),) = inputs.items()
        if info.dtype == tf.string.as_datatype_enum and len(info.tensor_shape.dim) <= 1:
            return info.name
    raise EvalGraphError(
        f"The eval graph of {directory} takes {some(sorted(inputs), MOST_NAMED)}, and no "
        f"serialized examples. {_PARSE}"
    )


def _is_number(info: meta_graph_pb2.TensorInfo) -> bool:
    shape, dtype = info.tensor_shape, tf.as_dtype(info.dtype)
    is_scalar = shape.unknown_rank or not shape.dim
    return is_scalar and (dtype.is_floating or dtype.is_integer or dtype.is_bool)


def _check_nodes(meta_graph: meta_graph_pb2.MetaGraphDef, tensors: list[str]) -> None:
    nodes = {node.name for node in meta_graph.graph_def.node}
    if missing := [tensor for tensor in tensors if graph.node_of(tensor) not in nodes]:
        raise EvalGraphError(
            f"The eval graph has no tensor {missing[0]}, which its signature names. Export again."
        )
