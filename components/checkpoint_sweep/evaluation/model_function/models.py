"""K models with one eval graph, each with weights and metrics of its own."""

import os
import tempfile
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.python.saved_model import loader_impl

from checkpoint_sweep.common.text import first_line, some
from checkpoint_sweep.saved_model import eval_graph, restoration, tensor_bundle
from checkpoint_sweep.saved_model.eval_graph import EvalGraph, EvalGraphError
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle, UnreadableError

Batch = npt.NDArray[np.object_]
State = dict[str, npt.NDArray[np.float64]]
_TAGS = [eval_graph.TAG]
_NAMED = 3


class EvalModel:
    """One model: its metrics so far are in the local variables of its session.

    Args:
        session: Session with weights, tables and local variables of the model.
        graph: What is fed, and what is fetched.
    """

    def __init__(self, session: tf.compat.v1.Session, graph: EvalGraph) -> None:
        self._session = session
        self._graph = graph
        with session.graph.as_default():
            variables = _metric_variables()
        self._variables = {variable.name: variable for variable in variables}
        loss = [graph.loss] if graph.loss else []
        self._update = session.make_callable([*graph.updates.values(), *loss], [graph.examples])
        self._reset = session.make_callable([v.initializer for v in variables])
        self._values = session.make_callable(list(graph.values.values()))

    def reset(self) -> None:
        """Sets the metrics to what they are before the first batch."""
        self._reset()

    def update(self, examples: Batch) -> float | None:
        """Adds a batch to the metrics, as `Estimator.evaluate` does; returns its loss, if any.

        Args:
            examples: Serialized examples, (rows,).

        Raises:
            tf.errors.OpError: The graph fails on them.
        """
        found = self._update(examples)
        return float(np.mean(found[-1])) if self._graph.loss else None

    def values(self) -> dict[str, float]:
        """Computes the metrics, by name; without those that are no single numbers."""
        found = zip(self._graph.values, self._values(), strict=True)
        return {name: float(value) for name, value in found if np.ndim(value) == 0}

    @property
    def has_loss(self) -> bool:
        """Whether the graph gives the loss of a batch."""
        return self._graph.loss is not None

    @property
    def has_sums(self) -> bool:
        """Whether the metrics' state is made of numbers that can be set, and so be added up."""
        dtypes = [variable.dtype.base_dtype for variable in self._variables.values()]
        inputs = [variable.initializer.inputs[1].name for variable in self._variables.values()]
        return all(d.is_floating or d.is_integer for d in dtypes) and len(set(inputs)) == len(
            inputs
        )

    def state(self) -> State:
        """Reads the local variables, by name."""
        found = self._session.run(self._variables)
        return {name: np.asarray(value, np.float64) for name, value in found.items()}

    def load(self, state: Mapping[str, npt.NDArray[np.float64]]) -> None:
        """Sets the local variables."""
        inits = {name: variable.initializer for name, variable in self._variables.items()}
        feeds = {}
        for name, value in state.items():
            dtype = self._variables[name].dtype.base_dtype
            whole = np.rint(value) if dtype.is_integer else value
            feeds[inits[name].inputs[1]] = whole.astype(dtype.as_numpy_dtype)
        self._session.run(list(inits.values()), feeds)


class EvalModels:
    """K models, each with a session of its own on one graph.

    Attributes:
        models: Models that were loaded, by name.
        failed: Reasons why others were not, by name.

    Args:
        graph: Eval graph of all.
        sources: Models with its SavedModel, see `EvalSources`.

    Raises:
        EvalGraphError: TensorFlow cannot load the graph.
    """

    def __init__(self, graph: EvalGraph, sources: Sequence[ModelSource]) -> None:
        self.models: dict[str, EvalModel] = {}
        self.failed: dict[str, str] = {}
        directory = graph.saved_model.directory
        loader = loader_impl.SavedModelLoader(directory)
        tf_graph = tf.Graph()
        try:
            loader.load_graph(tf_graph, _TAGS, clear_devices=True)
            keys = _restored_keys(graph)
        except Exception as error:
            raise EvalGraphError(
                f"TensorFlow cannot load the eval graph of {directory}: {first_line(error)}. "
                "Export it again."
            ) from error
        self._sessions: list[tf.compat.v1.Session] = []
        config = tf.compat.v1.ConfigProto(allow_soft_placement=True)
        try:
            for source in sources:
                session = tf.compat.v1.Session(graph=tf_graph, config=config)
                self._sessions.append(session)
                try:
                    if keys:
                        _restore(session, source, graph, keys)
                    loader.run_init_ops(session, _TAGS)
                    self.models[source.name] = EvalModel(session, graph)
                except (_NoWeightsError, UnreadableError, OSError, tf.errors.OpError) as error:
                    self.failed[source.name] = first_line(error)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Frees weights, tables and metrics."""
        for session in self._sessions:
            session.close()


class _NoWeightsError(Exception):
    """A bundle does not have what the eval graph restores; the message says which keys."""


def _metric_variables() -> list[tf.Variable]:
    """Lists the variables of the current graph that are no weights."""
    keys = tf.compat.v1.GraphKeys
    found = [
        variable
        for key in (keys.LOCAL_VARIABLES, keys.METRIC_VARIABLES)
        for variable in tf.compat.v1.get_collection(key)
    ]
    return list({variable.name: variable for variable in found}.values())


def _restored_keys(graph: EvalGraph) -> tuple[str, ...]:
    """Lists the keys that the graph's saver restores."""
    meta_graph = graph.saved_model.eval_meta_graph
    assert meta_graph is not None
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    return tuple(
        sorted(
            restoration.saved_tensor(nodes, restored, action).key
            for action in restoration.actions(nodes, meta_graph.saver_def)
            for restored in action.restored
        )
    )


def _restore(
    session: tf.compat.v1.Session, source: ModelSource, graph: EvalGraph, keys: Sequence[str]
) -> None:
    """Restores the weights of a model, from where they are in its bundle."""
    prefix = tensor_bundle.find(source)
    bundle = TensorBundle(prefix)
    names = {key: source.key_of(key) for key in keys}
    if missing := [name for name in names.values() if name not in bundle.shapes]:
        raise _NoWeightsError(
            f"its weights lack {some(missing, _NAMED)}, which the eval graph restores"
        )
    assert graph.saved_model.eval_meta_graph is not None
    saver = graph.saved_model.eval_meta_graph.saver_def

    def restore(bundle: str) -> None:
        session.run(saver.restore_op_name, {saver.filename_tensor_name: bundle})

    if all(key == name for key, name in names.items()):
        restore(prefix)
        return
    with tempfile.TemporaryDirectory() as scratch, tf.device("cpu:0"):
        renamed = os.path.join(scratch, "weights")
        tensors = {key: tf.constant(bundle.read_once(name)) for key, name in names.items()}
        tensor_bundle.write_bundle(renamed, tensors)
        restore(renamed)
