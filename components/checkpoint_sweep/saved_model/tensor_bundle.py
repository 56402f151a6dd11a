"""Tensor bundles: a checkpoint's files, and a SavedModel's variables."""

import contextlib
import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from checkpoint_sweep.common.digests import TensorDigest
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import special_file
from checkpoint_sweep.common.text import first_line, some
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.object_graph import ObjectGraph

# A TensorFlow 2 bundle holds its object graph as one more tensor, under this key.
OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
_ATTRIBUTE = "/.ATTRIBUTES/VARIABLE_VALUE"
_NAMED = 5


class UnreadableError(UserError):
    """A bundle cannot be read; the message says what TensorFlow says of it."""


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    # A data file that is cut short is an IndexError, and one that has gone a ValueError.
    except (tf.errors.OpError, IndexError, OSError, ValueError) as error:
        text = str(getattr(error, "message", "") or error).strip().partition("\n")[0]
        raise UnreadableError(text or type(error).__name__) from error


class TensorBundle:
    """The tensors of a bundle, read when asked for and then kept.

    Attributes:
        shapes: Shapes of all tensors, by key; the object graph is not one of them.
        dtypes: Dtypes of all tensors, by key.
        graph: Object graph; None for a bundle that is keyed by the variables' names.

    Args:
        prefix: Prefix of the bundle's files.

    Raises:
        UnreadableError: There is no bundle, or it is damaged.
    """

    def __init__(self, prefix: str) -> None:
        self.graph: ObjectGraph | None = None
        if path := special_file(bundle_files(prefix)):
            raise UnreadableError(f"{path} is not a regular file")
        with _reading():
            # Not tf.train.load_checkpoint, which takes a prefix for a folder where folders are
            # but prefixes, as on ram://.
            self._reader = tf.compat.v1.train.NewCheckpointReader(prefix)
            shapes = self._reader.get_variable_to_shape_map()
            if OBJECT_GRAPH_KEY in shapes:
                self.graph = ObjectGraph(self._reader.get_tensor(OBJECT_GRAPH_KEY))
        self.shapes: Mapping[str, list[int]] = {
            key: list(shapes[key]) for key in sorted(shapes) if key != OBJECT_GRAPH_KEY
        }
        self.dtypes: Mapping[str, tf.DType] = self._reader.get_variable_to_dtype_map()
        self._values: dict[str, np.ndarray] = {}

    def read(self, key: str) -> np.ndarray:
        """Reads the value of a tensor, and keeps it.

        Raises:
            UnreadableError: The tensor's data are damaged, or it is not there.
        """
        if key not in self._values:
            self._values[key] = self.read_once(key)
        return self._values[key]

    def read_once(self, key: str) -> np.ndarray:
        """Reads the value of a tensor without keeping it.

        Raises:
            UnreadableError: The tensor's data are damaged, or it is not there.
        """
        with _reading():
            return self._reader.get_tensor(key)

    def form(self, key: str) -> str:
        """Formats type and shape of a tensor, for messages and comparison."""
        return f"{self.dtypes[key].name} {self.shapes[key]}"

    def name(self, key: str) -> str:
        """Formats the name of a variable, for messages."""
        path = key.removesuffix(_ATTRIBUTE)
        full = self.graph.full_names.get(key) if self.graph else None
        return path if full in (None, path) else f"{path} ({full})"

    def by_variable_name(self) -> dict[str, str]:
        """Maps names of variables to keys, without names that several variables have."""
        names = self.graph.full_names if self.graph else {key: key for key in self.shapes}
        counts = Counter(names.values())
        return {name: key for key, name in names.items() if counts[name] == 1}


@dataclasses.dataclass(frozen=True)
class SavedTensor:
    """One output of a RestoreV2.

    Attributes:
        key: Key in the SavedModel's own bundle.
        slice_spec: RestoreV2's ``shape_and_slices``: empty, or ``"full shape, then slice"``.
        dtype: Dtype of the tensor.
        shape: Full shape where the graph states it, otherwise None.
    """

    key: str
    slice_spec: str
    dtype: tf.DType
    shape: tuple[int, ...] | None


def find(model: ModelSource) -> str:
    """Finds the bundle's prefix: ``weights`` itself, or the latest checkpoint of that directory.

    Raises:
        FileNotFoundError: There is no bundle.
    """
    prefix = model.weights
    if not tf.io.gfile.exists(prefix + ".index") and tf.io.gfile.isdir(prefix):
        prefix = tf.train.latest_checkpoint(prefix) or prefix
    if not tf.io.gfile.exists(prefix + ".index"):
        raise FileNotFoundError(
            f"The weights of model {model.name!r} were not found: there is no {prefix}.index."
        )
    return prefix


def bundle_files(prefix: str) -> list[str]:
    """Lists the files of a bundle, its index and its data; none if there is no such folder."""
    folder, name = os.path.split(prefix)
    if not tf.io.gfile.isdir(folder or "."):
        return []
    own = (f"{name}.index", f"{name}.data-")
    return [
        os.path.join(folder, file)
        for file in sorted(tf.io.gfile.listdir(folder or "."))
        if file.startswith(own)
    ]


def write_bundle(prefix: str, tensors: Mapping[str, tf.Tensor]) -> None:
    """Writes a bundle of tensors by key, into a folder that is there."""
    with tf.device("cpu:0"):
        tf.raw_ops.SaveV2(
            prefix=prefix,
            tensor_names=list(tensors),
            shape_and_slices=[""] * len(tensors),
            tensors=list(tensors.values()),
        )


def digest_of(keys: Iterable[str], read: Callable[[str], np.ndarray]) -> str:
    """Digests tensors, in the order of their keys.

    Args:
        keys: Keys of the tensors.
        read: Function that reads the tensor of a key.
    """
    digest = TensorDigest()
    for key in sorted(keys):
        digest.add(key, np.asarray(read(key)))
    return digest.hexdigest()


def is_other_than_digested(model: ModelSource) -> bool:
    """Tells whether the weights of a model have been written again since they were digested.

    Files that have gone have not been written again. Tensors are read only where files are others.

    Raises:
        UnreadableError: The files are others, and cannot be read.
    """
    if not model.files.changed() or not model.files.are_there():
        return False
    bundle = TensorBundle(model.weights)
    now = digest_of(model.digested, lambda key: bundle.read_once(model.key_of(key)))
    return now != model.digest


def unreadable_reason(model: ModelSource) -> str | None:
    """Says why the weights of a model cannot be read; None if all that its graph takes can.

    Args:
        model: Model whose SavedModel has variables.
    """
    try:
        own, weights = TensorBundle(model.own_weights), TensorBundle(find(model))
        for key in own.shapes:
            if key not in model.kept:
                weights.read(model.key_of(key))
    except (UnreadableError, FileNotFoundError) as error:
        return first_line(error)
    return None


def check(model: ModelSource, tensors: Sequence[SavedTensor]) -> None:
    """Checks that the model's weights have every tensor, with the dtype and shape of the graph.

    Raises:
        FileNotFoundError: There is no bundle.
        ValueError: Tensors are missing or do not fit; the message names the first few.
    """
    if not tensors:
        return
    prefix = find(model)
    bundle = TensorBundle(prefix)
    missing, different = [], []
    for tensor in tensors:
        key = model.key_of(tensor.key)
        if key not in bundle.shapes:
            missing.append(key)
        elif bundle.dtypes[key] != tensor.dtype:
            different.append(f"{key}: {bundle.dtypes[key].name}, graph {tensor.dtype.name}")
        elif tensor.shape is not None and tuple(bundle.shapes[key]) != tensor.shape:
            different.append(f"{key}: {tuple(bundle.shapes[key])}, graph {tensor.shape}")
    where = f"The weights of model {model.name!r} ({prefix})"
    if missing:
        raise ValueError(
            f"{where} lack {len(missing)} of the {len(tensors)} tensors that "
            f"{model.saved_model.directory} restores: {some(missing, _NAMED)}. Map them with "
            "`keys`, or use the SavedModel's graph that belongs to these weights."
        )
    if different:
        raise ValueError(
            f"{where} do not fit the graph in {model.saved_model.directory}: "
            f"{some(different, _NAMED)}."
        )
