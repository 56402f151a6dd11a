"""The object graph of a bundle."""

import pytest
from tensorflow.core.protobuf import trackable_object_graph_pb2

from checkpoint_sweep.saved_model.object_graph import ObjectGraph


def _with_child(number: int) -> bytes:
    proto = trackable_object_graph_pb2.TrackableObjectGraph()
    proto.nodes.add().children.add(node_id=number, local_name="layer")
    return bytes(proto.SerializeToString())


@pytest.mark.parametrize(
    "serialized",
    [b"", b"\xff\xfe", _with_child(7), _with_child(-1), 3],
    ids=["empty", "no proto", "child too large", "child below 0", "no bytes"],
)
def test_a_damaged_graph_is_refused(serialized: bytes) -> None:
    with pytest.raises(ValueError, match="its object graph"):
        ObjectGraph(serialized)
