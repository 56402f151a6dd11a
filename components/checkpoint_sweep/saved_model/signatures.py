"""The graphs, signatures and fingerprint in `saved_model.pb` or `saved_model.pbtxt`."""

import hashlib
import os
from collections.abc import Iterator, Mapping

import tensorflow as tf
from google.protobuf import message
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2
from tensorflow.python.saved_model import loader_impl
from tensorflow_model_analysis.utils import model_util

from checkpoint_sweep.common.errors import UserError

_GRAPH_FILES = (tf.saved_model.SAVED_MODEL_FILENAME_PB, tf.saved_model.SAVED_MODEL_FILENAME_PBTXT)
_SERVE = frozenset({tf.saved_model.SERVING})


class SavedModelError(UserError, FileNotFoundError):
    """A directory holds no SavedModel that can be read; the message says what is wrong."""


def exists(directory: str) -> bool:
    """Tells whether the directory holds the graph of a SavedModel."""
    return any(tf.io.gfile.exists(os.path.join(directory, name)) for name in _GRAPH_FILES)


def read(directory: str) -> saved_model_pb2.SavedModel:
    """Reads the SavedModel's proto.

    Raises:
        SavedModelError: There is none, or it is damaged.
    """
    path = _graph_file(directory)
    try:
        saved = loader_impl.parse_saved_model(directory)
    except (OSError, message.DecodeError, tf.errors.OpError) as error:
        raise SavedModelError(
            f"{path} is damaged: TensorFlow cannot parse it. Export the model again."
        ) from error
    if not saved.meta_graphs:
        raise SavedModelError(f"{path} is damaged: it holds no graph. Export the model again.")
    return saved


def meta_graph(directory: str) -> meta_graph_pb2.MetaGraphDef:
    """Reads the graph that is tagged for serving, and for nothing else.

    Raises:
        SavedModelError: There is none; the message lists the tags that are there.
    """
    graphs = read(directory).meta_graphs
    for graph in graphs:
        if set(graph.meta_info_def.tags) == _SERVE:
            return graph
    present = [sorted(graph.meta_info_def.tags) for graph in graphs]
    raise SavedModelError(
        f"{directory} has no graph tagged {sorted(_SERVE)}; it has {present}. Export one for "
        "serving."
    )


def signatures(directory: str) -> Mapping[str, meta_graph_pb2.SignatureDef]:
    """Reads the signatures of all graphs by name, without TensorFlow's own."""
    return {
        name: signature
        for graph in read(directory).meta_graphs
        for name, signature in graph.signature_def.items()
        if not name.startswith("__")
    }


def default_signature(directory: str) -> str:
    """Returns the name of the signature that TFMA evaluates when none is named.

    Raises:
        SavedModelError: There is no SavedModel.
    """
    read(directory)
    name: str = model_util.get_default_signature_name_from_model_path(directory)
    return name


def fingerprint(directory: str) -> str:
    """Digests the graph file and every asset: equal when models can share one graph.

    Raises:
        SavedModelError: There is no SavedModel.
    """
    digest = hashlib.sha256()
    for path in (_graph_file(directory), *_files(os.path.join(directory, "assets"))):
        digest.update(os.path.relpath(path, directory).encode())
        with tf.io.gfile.GFile(path, "rb") as file:
            while chunk := file.read(1 << 24):
                digest.update(chunk)
    return digest.hexdigest()


def _graph_file(directory: str) -> str:
    for name in _GRAPH_FILES:
        path = os.path.join(directory, name)
        if tf.io.gfile.exists(path):
            return path
    raise SavedModelError(
        f"{directory} holds no {_GRAPH_FILES[0]}. Export one SavedModel there, as "
        "fn_args.serving_model_dir in a Trainer is for."
    )


def _files(directory: str) -> Iterator[str]:
    for parent, _, names in sorted(tf.io.gfile.walk(directory)):
        yield from (os.path.join(parent, name) for name in sorted(names))
