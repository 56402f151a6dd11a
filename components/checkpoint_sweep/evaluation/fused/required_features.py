"""The features of the examples that an evaluation looks at."""

from collections.abc import Collection, Iterable, Mapping

from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.inputs.extracts import (
    columns_of_features,
    features_of_inputs,
    label_and_weight_features,
)
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel


def features(
    eval_config: config_pb2.EvalConfig, plan: plan_lib.Plan, inputs: Collection[str]
) -> set[str] | None:
    """Finds the features to convert: labels, weights, slices and the models' inputs.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        plan: Plan of the evaluation.
        inputs: Names of the inputs of the models' signatures.

    Returns:
        Names, some of which may not exist; None if TFMA's code may read any feature.
    """
    if plan.needs_all_features() or any(spec.query_key for spec in eval_config.metrics_specs):
        return None
    wanted = slicing.columns(slicing.slicing_specs(eval_config)) | features_of_inputs(inputs)
    return wanted | label_and_weight_features(eval_config)


def columns(
    eval_config: config_pb2.EvalConfig,
    representations: Mapping[str, schema_pb2.TensorRepresentation],
    sources: Iterable[ModelSource],
    cluster_key: str | None = None,
) -> set[str] | None:
    """Finds the columns to read beside the serialized examples, before models are loaded.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        representations: Tensor representations, by which columns become tensors.
        sources: All models of the evaluation.
        cluster_key: Feature that names clusters; None for none.

    Returns:
        Names, some of which may not exist; None if any column may be needed.
    """
    saved_models = list(dict.fromkeys(source.saved_model for source in sources))
    name = signature(eval_config, saved_models[0])
    inputs: set[str] = set()
    for saved_model in saved_models:
        if name in saved_model.signatures:
            inputs |= set(saved_model.signatures[name].inputs)
        inputs |= preprocessing.inputs(eval_config, saved_model)
    plan = plan_lib.make(plan_lib.split_config(eval_config)[""])
    wanted = features(eval_config, plan, inputs)
    if wanted is None:
        return None
    return columns_of_features(wanted, representations) | ({cluster_key} if cluster_key else set())


def signature(eval_config: config_pb2.EvalConfig, saved_model: SavedModel) -> str:
    """Returns the name of the signature that the models are run by."""
    named = plan_lib.model_spec(eval_config, False).signature_name
    return named or saved_model.default_signature
