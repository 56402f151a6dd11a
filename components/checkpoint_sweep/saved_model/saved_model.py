"""A SavedModel on disk, whose `saved_model.pb` or `saved_model.pbtxt` is read once."""

import dataclasses
import functools
import hashlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf
from apache_beam.utils import shared
from google.protobuf import message
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2
from tensorflow.python.saved_model import loader_impl
from tensorflow_model_analysis.utils import model_util

from checkpoint_sweep.common import files
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.file_states import FileStates
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.saved_model import graph

_GRAPH_FILES = (tf.saved_model.SAVED_MODEL_FILENAME_PB, tf.saved_model.SAVED_MODEL_FILENAME_PBTXT)
_ASSETS = "assets"
_SERVE = frozenset({tf.saved_model.SERVING})
_EVAL = "eval"  # Of tf.estimator.ModeKeys.EVAL.


class SavedModelError(UserError, FileNotFoundError):
    """A directory holds no SavedModel that can be read; the message says what is wrong."""


class _Parsed:
    """Holds a parsed proto by a reference that can be weak, as Beam's `Shared` needs it."""

    def __init__(self, proto: saved_model_pb2.SavedModel) -> None:
        self.proto = proto


@dataclasses.dataclass(frozen=True)
class SavedModel:
    """A directory with a SavedModel, read when first asked for and then kept.

        exported = SavedModel("export")
        exported.default_signature                           # "serving_default"
        list(exported.signatures["serving_default"].inputs)  # ["examples"]

    Nothing is read before an attribute is asked for, and the proto is read once: by `absolute` and
    by pickling, as Beam copies its steps, come others that share it within a process. In another
    process it is read again. What the attributes give is shared, and must not be changed.

    Attributes:
        directory: Directory of the SavedModel; what is equal in this is equal.
    """

    directory: str
    _shared: shared.Shared = dataclasses.field(
        default_factory=shared.Shared, repr=False, compare=False
    )

    def exists(self) -> bool:
        """Returns whether the directory holds the graph of a SavedModel."""
        return _graph_file(self.directory) is not None

    @property
    def meta_graph(self) -> meta_graph_pb2.MetaGraphDef:
        """The graph that is tagged for serving, and nothing else.

        Raises:
            SavedModelError: There is none; the message lists the tags that there are.
        """
        graphs = self._parsed.proto.meta_graphs
        for meta_graph in graphs:
            if set(meta_graph.meta_info_def.tags) == _SERVE:
                return meta_graph
        present = [sorted(meta_graph.meta_info_def.tags) for meta_graph in graphs]
        raise SavedModelError(
            f"{self.directory} has no graph with the tags {sorted(_SERVE)}; it has {present}. "
            "Export one for serving."
        )

    @property
    def eval_meta_graph(self) -> meta_graph_pb2.MetaGraphDef | None:
        """The graph of a model function in mode EVAL; None if there is none.

        Raises:
            SavedModelError: There is no SavedModel, or it is damaged.
        """
        graphs = self._parsed.proto.meta_graphs
        return next((g for g in graphs if _EVAL in g.meta_info_def.tags), None)

    @property
    def signatures(self) -> Mapping[str, meta_graph_pb2.SignatureDef]:
        """The signatures of all graphs by name, without TensorFlow's own.

        Raises:
            SavedModelError: There is no SavedModel, or it is damaged.
        """
        return {
            name: signature
            for meta_graph in self._parsed.proto.meta_graphs
            for name, signature in meta_graph.signature_def.items()
            if not name.startswith("__")
        }

    @property
    def default_signature(self) -> str:
        """The name of the signature that TFMA evaluates when none is named.

        Raises:
            SavedModelError: There is no SavedModel, or it is damaged.
        """
        name: str = model_util.get_default_signature_name_from_saved_model_proto(self._parsed.proto)
        return name

    @functools.cached_property
    def states(self) -> FileStates:
        """States of the graph file and of every asset, from before the first of them was read.

        Raises:
            SavedModelError: There is no SavedModel.
        """
        return FileStates.of(self._graph_and_assets())

    @functools.cached_property
    def fingerprint(self) -> str:
        """Digest of the graph file and of every asset: equal when models can share one graph.

        Raises:
            SavedModelError: There is no SavedModel, or it is written while it is read.
        """
        states = self.states
        digest = hashlib.sha256()
        for path in self._graph_and_assets():
            digest.update(os.path.relpath(path, self.directory).encode())
            with tf.io.gfile.GFile(path, "rb") as file:
                while chunk := file.read(1 << 24):
                    digest.update(chunk)
        if changed := states.changed():
            raise SavedModelError(
                f"{changed[0]} was written while it was read. Start again once the export is done."
            )
        return digest.hexdigest()

    def absolute(self) -> "SavedModel":
        """Returns the same for processes that run in another folder."""
        return dataclasses.replace(self, directory=files.absolute(self.directory))

    def _graph_and_assets(self) -> list[str]:
        assets = _files(os.path.join(self.directory, _ASSETS))
        return [_existing_graph_file(self.directory), *assets]

    @functools.cached_property
    def _parsed(self) -> _Parsed:
        _ = self.states  # First: it says what is parsed.
        return self._shared.acquire(functools.partial(_parse, self.directory))

    def __getstate__(self) -> dict[str, Any]:
        """Leaves out what was read: a graph may be large, and a worker has the directory."""
        return {"directory": self.directory, "_shared": self._shared}


def _parse(directory: str) -> _Parsed:
    path = _existing_graph_file(directory)
    if found := files.special_file([path, *_files(os.path.join(directory, _ASSETS))]):
        raise SavedModelError(
            f"{found} is not a regular file, and reading it may never end. Export the model again."
        )
    try:
        saved = loader_impl.parse_saved_model(directory)
    except (OSError, message.DecodeError, tf.errors.OpError) as error:
        raise SavedModelError(
            f"{path} is damaged: TensorFlow cannot parse it. Export the model again."
        ) from error
    if not saved.meta_graphs:
        raise SavedModelError(f"{path} is damaged: it has no graph. Export the model again.")
    for meta_graph in saved.meta_graphs:
        if name := graph.recursive_function(meta_graph):
            raise SavedModelError(
                f"{path} is damaged: its function {name} calls itself. Export the model again."
            )
    return _Parsed(saved)


def _existing_graph_file(directory: str) -> str:
    path = _graph_file(directory)
    if path is None:
        raise SavedModelError(
            f"There is no {_GRAPH_FILES[0]} in {directory}. ",
            Words(
                "Name the folder of a SavedModel.",
                "Name the folder of a SavedModel.",
                "Let the Trainer export one SavedModel to fn_args.serving_model_dir.",
            ),
        )
    return path


def _graph_file(directory: str) -> str | None:
    files.check_access(directory)
    paths = (os.path.join(directory, name) for name in _GRAPH_FILES)
    return next((path for path in paths if tf.io.gfile.exists(path)), None)


def _files(directory: str) -> Iterator[str]:
    for parent, _, names in sorted(files.walk(directory)):
        yield from (os.path.join(parent, name) for name in sorted(names))
