"""A tensor bundle, as a checkpoint and a SavedModel's variables are."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from checkpoint_sweep.saved_model.object_graph import ObjectGraph
from checkpoint_sweep.saved_model.weight_swap import OBJECT_GRAPH_KEY

_ATTRIBUTE = "/.ATTRIBUTES/VARIABLE_VALUE"


class Bundle:
    """The tensors of a bundle, read when asked for and then kept.

    Attributes:
        shapes: of all tensors, by key; the object graph is not one of them.
        graph: the object graph; None for a bundle that is keyed by the variables' names.

    Args:
        prefix: of the bundle's files.

    Raises:
        tf.errors.OpError: it cannot be read.
        ValueError: there is none.
    """

    def __init__(self, prefix: str) -> None:
        self._reader = tf.train.load_checkpoint(prefix)
        shapes = self._reader.get_variable_to_shape_map()
        self.graph: ObjectGraph | None = None
        if OBJECT_GRAPH_KEY in shapes:
            self.graph = ObjectGraph(self._reader.get_tensor(OBJECT_GRAPH_KEY))
        self.shapes: Mapping[str, list[int]] = {
            key: list(shapes[key]) for key in sorted(shapes) if key != OBJECT_GRAPH_KEY
        }
        self._dtypes = self._reader.get_variable_to_dtype_map()
        self._values: dict[str, np.ndarray] = {}

    def read(self, key: str) -> np.ndarray:
        """The value of a tensor."""
        if key not in self._values:
            self._values[key] = self._reader.get_tensor(key)
        return self._values[key]

    def form(self, key: str) -> str:
        """Type and shape of a tensor, for messages and comparison."""
        return f"{self._dtypes[key].name} {self.shapes[key]}"

    def name(self, key: str) -> str:
        """What a user calls the variable."""
        path = key.removesuffix(_ATTRIBUTE)
        full = self.graph.full_names.get(key) if self.graph else None
        return path if full in (None, path) else f"{path} ({full})"

    def by_variable_name(self) -> dict[str, str]:
        """Keys by the name of the variable, without names that several variables have."""
        names = self.graph.full_names if self.graph else {key: key for key in self.shapes}
        counts = Counter(names.values())
        return {name: key for key, name in names.items() if counts[name] == 1}
