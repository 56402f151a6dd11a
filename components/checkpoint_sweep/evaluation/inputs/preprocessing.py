"""Preprocessing functions of a SavedModel: features that TFMA makes before it looks for labels.

`ModelSpec.preprocessing_function_names`, as TFX's Keras templates set it, names signatures such as
`transform_features`. They do not depend on a checkpoint's weights, so that one model's serve all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.inputs.extracts import signature_inputs
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.signature_variables import signature_variables

# Functions that TFMA runs where no name is given, if the model has them.
_DEFAULTS = ("transformed_features", "transformed_labels")


def functions(spec: config_pb2.ModelSpec, saved_model: SavedModel) -> list[str]:
    """Lists the signatures to run, in order.

    Args:
        spec: ModelSpec of the model.
        saved_model: SavedModel of the model.
    """
    if spec.preprocessing_function_names:
        return list(spec.preprocessing_function_names)
    return [name for name in _DEFAULTS if name in saved_model.signatures]


def features(spec: config_pb2.ModelSpec, saved_model: SavedModel) -> set[str]:
    """Names the features that the functions which are signatures make."""
    present = saved_model.signatures
    names = [name for name in functions(spec, saved_model) if name in present]
    return {output for name in names for output in present[name].outputs}


def inputs(eval_config: config_pb2.EvalConfig, saved_model: SavedModel) -> set[str]:
    """Names the inputs of the functions of all specs."""
    present = saved_model.signatures
    return {
        argument
        for spec in eval_config.model_specs
        for name in functions(spec, saved_model)
        if name in present
        for argument in present[name].inputs
    }


def are_shared(eval_config: config_pb2.EvalConfig, candidates: Sequence[ModelSource]) -> bool:
    """Tells whether the functions of one candidate serve all: there are none, or of one graph.

    Args:
        eval_config: Config of the evaluation, with its defaults.
        candidates: Candidates.
    """
    exports = list(dict.fromkeys(candidate.saved_model for candidate in candidates))
    if len(exports) < 2:
        return True
    specs = [spec for spec in eval_config.model_specs if not spec.is_baseline]
    used = any(functions(spec, e) for spec in specs for e in exports if e.exists())
    return not used or len({export.fingerprint for export in exports}) == 1


def unsupported_reason(spec: config_pb2.ModelSpec, saved_model: SavedModel) -> str | None:
    """Says why TFMA's own extractor has to run the functions; None if the engine can."""
    present = saved_model.signatures
    for name in functions(spec, saved_model):
        if name not in present:
            return f"the preprocessing function {name!r} is no signature of {saved_model.directory}"
        tensors = [*present[name].inputs.values(), *present[name].outputs.values()]
        if any(tensor.WhichOneof("encoding") != "name" for tensor in tensors):
            return f"the preprocessing function {name!r} does not take and return dense tensors"
        if signature_variables(saved_model, [name]) != frozenset():
            return f"the preprocessing function {name!r} may depend on the weights"
    if not spec.preprocessing_function_names:
        graph = saved_model.meta_graph.object_graph_def
        attributes = {child.local_name for child in graph.nodes[0].children} if graph.nodes else ()
        if found := [n for n in _DEFAULTS if n in attributes and n not in present]:
            return f"{saved_model.directory} transforms features for TFMA ({', '.join(found)})"
    return None


class Preprocessing:
    """The functions of a candidate and of the baseline, loaded.

    Args:
        eval_config: Config of the evaluation, with its defaults.
        candidate: Any of the candidates, which share the functions.
        baseline: Baseline; None without one.
        load: Loads models for a signature.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        candidate: ModelSource,
        baseline: ModelSource | None,
        load: Callable[[Sequence[ModelSource], str], Any],
    ) -> None:
        self._specs = list(eval_config.model_specs)
        self._loaded: dict[str, list[Any]] = {}
        for spec in self._specs:
            source = baseline if spec.is_baseline else candidate
            if source is not None and source.saved_model.exists():
                names = functions(spec, source.saved_model)
                self._loaded[spec.name] = [load([source], name) for name in names]

    def apply(self, extracts: Mapping[str, Any]) -> dict[str, Any]:
        """Adds the features that the functions make of a batch, under TFMA's key for them."""
        made: dict[str, dict[str, np.ndarray]] = {}
        for name, predictors in self._loaded.items():
            for predictor in predictors:
                given = signature_inputs(predictor.input_specs, extracts)
                (outputs,) = predictor.predict(given)
                made.setdefault(name, {}).update(outputs)
        if not made:
            return dict(extracts)
        transformed = made if len(self._specs) > 1 else next(iter(made.values()))
        return {**extracts, constants.TRANSFORMED_FEATURES_KEY: transformed}

    def sliced(self, extracts: Mapping[str, Any]) -> dict[str, Any]:
        """Collects the features to slice by: those that functions made come before those read."""
        transformed = extracts.get(constants.TRANSFORMED_FEATURES_KEY) or {}
        made = [transformed] if len(self._specs) == 1 else list(transformed.values())
        result = dict(extracts[constants.FEATURES_KEY])
        for features in reversed(made):
            result.update(features)
        return result
