"""The division of a graph into nodes that depend on the weights and nodes that models share."""

from collections.abc import Iterable

from checkpoint_sweep.saved_model import graph

VARIABLE_OPS = frozenset({"Variable", "VariableV2", "VarHandleOp", "TemporaryVariable"})
_SCRATCH_OPS = frozenset({"TensorArray", "TensorArrayV2", "TensorArrayV3", "Stack", "StackV2"})
_ENTER_OPS = frozenset({"Enter", "RefEnter"})
_EXIT_OPS = frozenset({"Exit", "RefExit"})
_FORWARDING_OPS = frozenset(
    {"Identity", "Switch", "Merge", "NextIteration"} | _ENTER_OPS | _EXIT_OPS
)


def variables(nodes: graph.Nodes, live: Iterable[str]) -> set[str]:
    """Finds the nodes of ``live`` that are variables."""
    return {name for name in live if nodes[name].op in VARIABLE_OPS}


def dependent_nodes(nodes: graph.Nodes, live: set[str], seeds: Iterable[str]) -> set[str]:
    """Finds the nodes of ``live`` that need a copy per model: all that a seed reaches, and more.

    - A TensorFlow 1 ``while_loop`` frame is copied whole: its copies run different numbers of
      iterations, so a node of one frame cannot serve them all.
    - Scratch space of one run (TensorArray, Stack) is copied when a dependent node uses it: each
      element may be written, and by default read, only once.
    """
    consumers = graph.consumers(nodes, live)
    frame_of = _outermost_frames(nodes, live, consumers)
    members: dict[str, list[str]] = {}
    for name, frame in frame_of.items():
        members.setdefault(frame, []).append(name)
    scratch = {
        name: _handle_users(nodes, name, consumers)
        for name in live
        if nodes[name].op in _SCRATCH_OPS
    }

    found: set[str] = set()
    todo = [name for name in seeds if name in live]
    while todo:
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            todo.extend(consumers.get(name, ()))
            if name in frame_of:
                todo.extend(members.pop(frame_of[name], ()))
        todo = [name for name, users in scratch.items() if name not in found and users & found]
    return found


def _outermost_frames(
    nodes: graph.Nodes, live: set[str], consumers: dict[str, list[str]]
) -> dict[str, str]:
    """Maps each node inside a ``while_loop`` to the name of the outermost frame around it."""
    if not any(nodes[name].op in _ENTER_OPS for name in live):
        return {}
    result: dict[str, str] = {}
    seen: set[str] = set()
    todo: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in live if not nodes[name].input]
    while todo:
        name, frames = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        node = nodes[name]
        if node.op in _ENTER_OPS:
            frames = (*frames, node.attr["frame_name"].s.decode())
        if frames:
            result[name] = frames[0]
        outside = frames[:-1] if node.op in _EXIT_OPS else frames
        todo.extend((consumer, outside) for consumer in consumers.get(name, ()))
    return result


def _handle_users(nodes: graph.Nodes, name: str, consumers: dict[str, list[str]]) -> set[str]:
    """Finds the nodes that get the handle, which is output 0, directly or passed on."""
    users: set[str] = set()
    todo = [name]
    while todo:
        producer = todo.pop()
        for user in consumers.get(producer, ()):
            takes_handle = any(
                not ref.startswith("^") and graph.split_tensor(ref) == (producer, 0)
                for ref in nodes[user].input
            )
            if takes_handle and user not in users:
                users.add(user)
                if nodes[user].op in _FORWARDING_OPS:
                    todo.append(user)
    return users
