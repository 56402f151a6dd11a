"""The fallback: every model in a graph and a session of its own."""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.python.saved_model import loader_impl

from checkpoint_sweep.evaluation.predict import serving_graph
from checkpoint_sweep.evaluation.predict.predictor import Arrays, ordered_feeds
from checkpoint_sweep.saved_model import tensor_bundle
from checkpoint_sweep.saved_model.model_source import VARIABLES, ModelSource
from checkpoint_sweep.saved_model.tensor_bundle import SavedTensor, TensorBundle
from checkpoint_sweep.saved_model.weight_swap import write_saved_model

_TAGS = [tf.saved_model.SERVING]


class SeparateModels:
    """K models, each loaded whole by TensorFlow's own loader; a ``Predictor``.

    Runs every graph that ``tf.compat.v1.saved_model.load`` can, with any mix of graphs that have
    the same inputs and outputs, but repeats the shared work for every model.
    """

    def __init__(
        self,
        models: Sequence[ModelSource],
        signature_name: str = "serving_default",
    ) -> None:
        """Loads every model; arguments as for ``FusedModels``.

        Raises:
            FileNotFoundError: A SavedModel or a bundle is not there.
            ValueError: There is no such signature, or the weights do not fit.
        """
        if not models:
            raise ValueError("There are no models to load.")
        serving = serving_graph.read(models[0].saved_model, signature_name)
        self.input_specs: Mapping[str, tf.TensorSpec] = serving.input_specs
        self.output_names: Sequence[str] = tuple(serving.fetches)
        self._sessions: list[tf.compat.v1.Session] = []
        self._runs: list[Callable[..., list[np.ndarray]]] = []
        try:
            for model in models:
                self._add(model, signature_name)
        except BaseException:
            self.close()
            raise

    def _add(self, model: ModelSource, signature_name: str) -> None:
        session = tf.compat.v1.Session(
            graph=tf.Graph(), config=tf.compat.v1.ConfigProto(allow_soft_placement=True)
        )
        self._sessions.append(session)
        loader = loader_impl.SavedModelLoader(model.saved_model.directory)
        with tempfile.TemporaryDirectory() as scratch:
            weights = _weights(model, scratch)
            with session.graph.as_default():
                saver, _ = loader.load_graph(session.graph, _TAGS, clear_devices=True)
                if saver is not None:
                    saver.restore(session, weights)
                loader.run_init_ops(session, _TAGS)
        signature = loader.get_meta_graph_def_from_tags(_TAGS).signature_def[signature_name]
        fetches = [signature.outputs[name].name for name in self.output_names]
        feeds = [signature.inputs[name].name for name in self.input_specs]
        self._runs.append(session.make_callable(fetches, feeds))

    def predict(self, inputs: Mapping[str, np.ndarray]) -> list[Arrays]:
        """Predicts one batch with all models by one ``session.run`` each; see ``Predictor``."""
        values = ordered_feeds(self.input_specs, inputs)
        return [dict(zip(self.output_names, run(*values), strict=True)) for run in self._runs]

    def close(self) -> None:
        """Frees the weights and tables."""
        for session in self._sessions:
            session.close()


def _weights(model: ModelSource, scratch: str) -> str:
    """Finds a bundle with the SavedModel's own keys: the model's, or a copy under those keys.

    The savers read a bundle by the names in the graph, so renamed and kept keys need a copy.
    """
    if not tf.io.gfile.exists(f"{model.own_weights}.index"):
        return model.weights  # The SavedModel has no variables: there is nothing to restore.
    own = TensorBundle(model.own_weights)
    tensor_bundle.check(
        model,
        [
            SavedTensor(key, "", own.dtypes[key], tuple(shape))
            for key, shape in own.shapes.items()
            if key not in model.kept
        ],
    )
    if not model.keys and not model.kept:
        return tensor_bundle.find(model)
    target = os.path.join(scratch, "model")
    write_saved_model(model, target)
    return os.path.join(target, VARIABLES)
