"""The variables that hold moving statistics of a normalisation, such as batch normalisation.

They describe the outputs, on the training data, of the layers before them. An average of weights
has other outputs, so the average of the statistics does not describe them.
"""

import re
from collections.abc import Collection, Iterator, Mapping

import tensorflow as tf

from checkpoint_sweep.saved_model import graph
from checkpoint_sweep.saved_model.restored_variables import ServedGraph

# The names in Keras, tf.layers and TF-Slim, and common ones in normalisations of one's own.
_NAME = re.compile(
    r"(?:^|[/_.(])(?:moving|running|population)_(?:mean|var|variance|std|stddev)(?![a-zA-Z])"
)
_FUSED = frozenset({"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})
_MEAN, _VARIANCE = 3, 4
# Ops between a variable and its use that do not change the value.
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
# Epsilon is added, or is a lower bound.
_WITH_CONSTANT = frozenset({"Add", "AddV2", "Maximum"})
_DIVISIONS = frozenset({"RealDiv", "Div", "DivNoNan"})
_RECIPROCALS = frozenset({"Reciprocal", "Inv"})


def by_name(names: Mapping[str, str]) -> frozenset[str]:
    """Finds the keys of the variables whose names say that they are moving statistics.

    Args:
        names: Names of the variables, by key.
    """
    return frozenset(key for key, name in names.items() if _NAME.search(name))


def by_graph(served: ServedGraph) -> frozenset[str]:
    """Finds the keys of the variables that a signature normalises by.

    These are the mean and the variance of FusedBatchNorm in its inference form, and variables by
    whose root something is divided, as in unfused normalisation.
    """
    found = {
        variable
        for name in served.live
        for ref in _normalising(served.nodes, name)
        if (variable := _variable(served, ref))
    }
    return frozenset(served.variables[name] for name in found)


def is_hidden(served: ServedGraph) -> bool:
    """Tells whether a function that is called conditionally or compiled normalises by statistics.

    The graph does not tell then which variables these are.
    """
    return any(
        _in_inference_form(node)
        for function in served.functions.values()
        for node in function.node_def
    )


def _normalising(nodes: graph.Nodes, name: str) -> Iterator[str]:
    """Yields the tensors that a node normalises by, which may come from a variable."""
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
    # Attributes that have their default, which is true here, may be omitted.
    return node.op in _FUSED and "is_training" in node.attr and not node.attr["is_training"].b


def _variable(served: ServedGraph, ref: str) -> str | None:
    """Finds the variable whose value a tensor is, with or without a constant added; else None."""
    origin = _origin(served.nodes, ref)
    return origin if origin in served.variables else None


def _origin(nodes: graph.Nodes, ref: str) -> str:
    """Finds the origin of a value that is only read, reshaped, or has a constant added."""
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
