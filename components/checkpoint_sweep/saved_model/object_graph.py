"""The object graph of a TensorFlow 2 bundle, which assigns tensors to objects."""

from collections.abc import Iterator, Mapping, Sequence

from google.protobuf import message
from tensorflow.core.protobuf import trackable_object_graph_pb2

from checkpoint_sweep.saved_model.graph import reachable

Path = tuple[str, ...]


class ObjectGraph:
    """Objects, the names under which they hold each other, and the keys of their tensors.

    Node 0 is the root: the object that was saved.

    Args:
        serialized: Value of the bundle's tensor ``_CHECKPOINTABLE_OBJECT_GRAPH``.

    Raises:
        ValueError: It is no object graph.
    """

    def __init__(self, serialized: bytes) -> None:
        try:
            proto = trackable_object_graph_pb2.TrackableObjectGraph.FromString(serialized)
        except (message.DecodeError, TypeError) as error:
            raise ValueError("its object graph is damaged") from error
        held = [child.node_id for node in proto.nodes for child in node.children]
        if not all(0 <= number < len(proto.nodes) for number in (0, *held)):
            raise ValueError("its object graph names objects that are not in it")
        self.children: Sequence[Mapping[str, int]] = [
            {child.local_name: child.node_id for child in node.children} for node in proto.nodes
        ]
        self.keys: Sequence[Mapping[str, str]] = [
            {attribute.name: attribute.checkpoint_key for attribute in node.attributes}
            for node in proto.nodes
        ]
        self.full_names: Mapping[str, str] = {
            attribute.checkpoint_key: attribute.full_name
            for node in proto.nodes
            for attribute in node.attributes
            if attribute.full_name
        }

    def find(self, path: Path) -> int | None:
        """Finds the object at a path from the root; None when there is none."""
        node = 0
        for name in path:
            if name not in self.children[node]:
                return None
            node = self.children[node][name]
        return node

    def keys_below(self, node: int) -> set[str]:
        """Finds the keys of the tensors of an object and of all that it holds."""
        below = reachable([node], lambda number: self.children[number].values())
        return {key for number in below for key in self.keys[number].values()}

    def holders(self, least: int, keys: frozenset[str] = frozenset()) -> Iterator[Path]:
        """Yields the paths of the objects that hold at least so many tensors, and all of `keys`.

        The root comes first, and then by depth. Of an object's several paths, one is given.
        """
        seen = {0}
        todo: list[tuple[Path, int]] = [((), 0)]
        for path, node in todo:
            held = self.keys_below(node)
            if len(held) < least or not keys <= held:
                continue
            yield path
            for name, child in self.children[node].items():
                if child not in seen:
                    seen.add(child)
                    todo.append(((*path, name), child))


def walk_together(a: ObjectGraph, start_a: int, b: ObjectGraph, start_b: int) -> dict[str, str]:
    """Maps the keys of one graph to those of another, along equal names.

    So TensorFlow restores a checkpoint into objects. An object that is met as two different
    ones of the other graph is omitted.

    Args:
        a: Graph whose keys are mapped.
        start_a: Node of `a` to start from.
        b: Graph whose keys they are mapped to.
        start_b: Node of `b` that corresponds to `start_a`.
    """
    partner = {start_a: start_b}
    torn: set[int] = set()
    todo = [start_a]
    for node in todo:
        others = b.children[partner[node]]
        for name, child in a.children[node].items():
            if name not in others:
                continue
            if child not in partner:
                partner[child] = others[name]
                todo.append(child)
            elif partner[child] != others[name]:
                torn.add(child)
    return {
        key: b.keys[other][attribute]
        for node, other in partner.items()
        if node not in torn
        for attribute, key in a.keys[node].items()
        if attribute in b.keys[other]
    }
