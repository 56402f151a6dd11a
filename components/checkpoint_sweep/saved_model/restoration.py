"""The restore ops of a saver: those that put tensors of a bundle into variables."""

import dataclasses
from collections.abc import Iterable

import tensorflow as tf
from tensorflow.core.protobuf import saver_pb2

from checkpoint_sweep.saved_model import graph
from checkpoint_sweep.saved_model.tensor_bundle import SavedTensor

_GROUPING_OPS = frozenset({"NoOp", "Identity", "IdentityN"})
_SOURCE_OPS = frozenset({"Const", "Placeholder", "PlaceholderWithDefault", "RestoreV2"})


@dataclasses.dataclass(frozen=True)
class Action:
    """One op of the saver that writes state, such as Assign, with the nodes that it needs.

    Attributes:
        name: Name of the node.
        needs: Names of all nodes to run it, without those that compute the RestoreV2's own inputs.
        state: Names of the variables or tables that it writes.
        restored: Outputs of RestoreV2 that it takes, as (node, index).
    """

    name: str
    needs: frozenset[str]
    state: frozenset[str]
    restored: frozenset[tuple[str, int]]


def actions(nodes: graph.Nodes, saver: saver_pb2.SaverDef) -> list[Action]:
    """Finds the saver's restore ops in the graph under ``restore_op_name``.

    Raises:
        graph.OpaqueGraphError: The saver restores with another op than RestoreV2.
    """
    restore_op = graph.node_of(saver.restore_op_name)
    if not restore_op:
        return []
    if restore_op not in nodes:
        raise graph.OpaqueGraphError(f"the saver's restore op {restore_op} is not in the graph")
    restores = {name for name, node in nodes.items() if node.op == "RestoreV2"}
    found = [_action(nodes, name, restores) for name in _action_names(nodes, restore_op)]
    if any(not action.restored for action in found):
        names = [action.name for action in found if not action.restored]
        raise graph.OpaqueGraphError(f"the saver's ops {names[:3]} do not restore from a RestoreV2")
    return found


def _action_names(nodes: graph.Nodes, restore_op: str) -> Iterable[str]:
    seen: set[str] = set()
    todo = [restore_op]
    while todo:
        name = todo.pop()
        if name in seen or nodes[name].op in _SOURCE_OPS:
            continue
        seen.add(name)
        grouping = nodes[name].op in _GROUPING_OPS
        if not grouping:
            yield name
        # Savers that restore sequentially chain their ops by control inputs.
        todo.extend(
            graph.node_of(ref) for ref in nodes[name].input if grouping or ref.startswith("^")
        )


def _action(nodes: graph.Nodes, name: str, restores: set[str]) -> Action:
    needs: set[str] = set()
    restored: set[tuple[str, int]] = set()
    todo = [name]
    while todo:
        current = todo.pop()
        if current in needs:
            continue
        needs.add(current)
        if current in restores:
            continue
        for ref in nodes[current].input:
            if current == name and ref.startswith("^"):
                continue
            if graph.node_of(ref) in restores and not ref.startswith("^"):
                restored.add(graph.split_tensor(ref))
            todo.append(graph.node_of(ref))
    state = {
        need
        for need in needs
        if not nodes[need].input and nodes[need].op not in _SOURCE_OPS and nodes[need].op != "NoOp"
    }
    return Action(name, frozenset(needs - restores), frozenset(state), frozenset(restored))


def saved_tensor(nodes: graph.Nodes, restored: tuple[str, int], action: Action) -> SavedTensor:
    """Reads key, slice, dtype and shape of one RestoreV2 output.

    Raises:
        graph.OpaqueGraphError: The RestoreV2's names are computed rather than constant.
    """
    node, index = nodes[restored[0]], restored[1]
    key, slice_spec = (_strings(nodes, ref)[index] for ref in node.input[1:3])
    dtype = tf.as_dtype(node.attr["dtypes"].list.type[index])
    return SavedTensor(key, slice_spec, dtype, _shape(nodes, slice_spec, action))


def _strings(nodes: graph.Nodes, ref: str) -> list[str]:
    node = nodes[graph.node_of(ref)]
    while node.op == "Identity":
        node = nodes[graph.node_of(node.input[0])]
    if node.op != "Const":
        raise graph.OpaqueGraphError(f"the tensor names of a RestoreV2 are computed by {node.name}")
    return [value.decode() for value in tf.make_ndarray(node.attr["value"].tensor).ravel()]


def _shape(nodes: graph.Nodes, slice_spec: str, action: Action) -> tuple[int, ...] | None:
    if slice_spec:  # "full shape" and then "start,length" or "-" per dimension
        return tuple(int(size) for size in slice_spec.split(" ")[:-1])
    if len(action.state) != 1 or len(action.restored) != 1:
        return None
    (state,) = action.state
    shape = tf.TensorShape(nodes[state].attr["shape"].shape)
    if "shape" not in nodes[state].attr or not shape.is_fully_defined():
        return None
    return tuple(shape.as_list())
