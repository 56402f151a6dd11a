"""Which variables hold moving statistics of a normalisation, such as batch normalisation.

They describe what the layers before them give for the training data. An average of weights gives
something else, so an average of statistics is not its own.
"""

import re
from collections.abc import Collection, Iterator, Mapping

import tensorflow as tf

from checkpoint_sweep.saved_model import graph
from checkpoint_sweep.saved_model.restored_variables import ServedGraph

# As Keras, tf.layers and TF-Slim, and those who write a normalisation of their own, name them.
_NAME = re.compile(
    r"(?:^|[/_.(])(?:moving|running|population)_(?:mean|var|variance|std|stddev)(?![a-zA-Z])"
)
_FUSED = frozenset({"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})
_MEAN, _VARIANCE = 3, 4
# What a value passes through without becoming another: from the variable to where it is used.
_READS = frozenset(
    {
        "BroadcastTo",
        "Cast",
        "Enter",
        "ExpandDims",
        "Identity",
        "ReadVariableOp",
        "Reshape",
        "Squeeze",
        "StopGradient",
    }
)
# Epsilon is added, or bounds from below.
_WITH_CONSTANT = frozenset({"Add", "AddV2", "Maximum"})
_DIVISIONS = frozenset({"RealDiv", "Div", "DivNoNan"})
_RECIPROCALS = frozenset({"Reciprocal", "Inv"})


def by_name(names: Mapping[str, str]) -> frozenset[str]:
    """Keys of the variables whose names say that they are moving statistics.

    Args:
        names: of the variables, by key.
    """
    return frozenset(key for key, name in names.items() if _NAME.search(name))


def by_graph(served: ServedGraph) -> frozenset[str]:
    """Keys of the variables that a signature normalises by.

    Those are the mean and the variance of FusedBatchNorm in its inference form, and a variable by
    the root of which something is divided, which is what unfused normalisation does.
    """
    found = {
        variable
        for name in served.live
        for ref in _normalising(served.nodes, name)
        if (variable := _variable(served, ref))
    }
    return frozenset(served.variables[name] for name in found)


def is_hidden(served: ServedGraph) -> bool:
    """Whether a function that is called conditionally or compiled normalises by statistics.

    To which variables they belong is then not to be told by the graph.
    """
    return any(
        _in_inference_form(node)
        for function in served.functions.values()
        for node in function.node_def
    )


def _normalising(nodes: graph.Nodes, name: str) -> Iterator[str]:
    """What a node normalises by: tensors that may come from a variable."""
    node = nodes[name]
    if _in_inference_form(node):
        yield from (node.input[_MEAN], node.input[_VARIANCE])
    elif node.op == "Rsqrt":
        yield node.input[0]
    elif node.op in _DIVISIONS or node.op in _RECIPROCALS:
        divisor = _origin(nodes, node.input[1 if node.op in _DIVISIONS else 0])
        if nodes[divisor].op == "Sqrt":
            yield nodes[divisor].input[0]


def _in_inference_form(node: tf.compat.v1.NodeDef) -> bool:
    # Attributes that have their default, which is true here, may be left out.
    return node.op in _FUSED and "is_training" in node.attr and not node.attr["is_training"].b


def _variable(served: ServedGraph, ref: str) -> str | None:
    """The variable that a tensor is the value of, plus a constant or not; None if it is none."""
    origin = _origin(served.nodes, ref)
    return origin if origin in served.variables else None


def _origin(nodes: graph.Nodes, ref: str) -> str:
    """The node where a value comes from that is only read, reshaped, or has a constant added."""
    name = graph.node_of(ref)
    while True:
        node = nodes[name]
        data = [graph.node_of(other) for other in node.input if not other.startswith("^")]
        if node.op in _READS and data:
            name = data[0]
        elif node.op in _WITH_CONSTANT:
            others = [other for other in data if not _is_constant(nodes, other)]
            if len(others) != 1:
                return name
            name = others[0]
        else:
            return name


def _is_constant(nodes: graph.Nodes, name: str) -> bool:
    origins: Collection[str] = graph.ancestors(nodes, [name])
    return all(nodes[origin].op in {"Const", *_READS} for origin in origins)
