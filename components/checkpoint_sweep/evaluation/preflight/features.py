"""Checks that the examples have the features that the evaluation config names."""

from collections.abc import Collection, Iterator

from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.text import listed
from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.inputs.extracts import label_and_weight_features
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.selection.cluster_key import CLUSTER_KEY


class FeatureError(UserError):
    """The examples lack a feature that the evaluation config names; the message says which."""


def check_features(
    saved_model: SavedModel,
    spec: config_pb2.ModelSpec,
    eval_config: config_pb2.EvalConfig,
    features: Collection[str],
) -> None:
    """Checks that the features of labels, weights, slices and queries are there.

    Args:
        saved_model: SavedModel of the model.
        spec: ModelSpec of the model.
        eval_config: Config of the evaluation, with its defaults filled in.
        features: Names of the examples' features.

    Raises:
        FeatureError: A feature is not there.
    """
    known = {*features, *preprocessing.features(spec, saved_model)}
    for name, subject, advice in _named(spec, eval_config):
        if name and name not in known:
            raise FeatureError(
                f"{subject} the examples; they have: "
                f"{listed(known)}. Name one of these in {advice}."
            )


def check_cluster_feature(cluster_key: str | None, features: Collection[str]) -> None:
    """Checks that the feature that names clusters is there.

    Args:
        cluster_key: Name of the feature; None for no clusters.
        features: Names of the examples' features.

    Raises:
        FeatureError: It is not there.
    """
    if cluster_key is None or cluster_key in features:
        return
    raise FeatureError(
        f"The cluster key {cluster_key!r} is not a feature of the examples; they have: "
        f"{listed(features)}. Name one of these in ",
        CLUSTER_KEY,
        ".",
    )


def features_of(eval_config: config_pb2.EvalConfig, saved_model: SavedModel) -> set[str]:
    """Finds the features of the examples that the config names, unless a function makes them.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        saved_model: SavedModel that was exported.
    """
    named = {name for spec in eval_config.model_specs for name, _, _ in _named(spec, eval_config)}
    return named - _made(eval_config, saved_model) - {""}


def indispensable_features(eval_config: config_pb2.EvalConfig, saved_model: SavedModel) -> set[str]:
    """Finds those of `features_of` that some example must have: else each weight would be 1."""
    named = label_and_weight_features(eval_config)
    return named - _made(eval_config, saved_model)


def _made(eval_config: config_pb2.EvalConfig, saved_model: SavedModel) -> set[str]:
    return {
        name
        for spec in eval_config.model_specs
        for name in preprocessing.features(spec, saved_model)
    }


def _named(
    spec: config_pb2.ModelSpec, eval_config: config_pb2.EvalConfig
) -> Iterator[tuple[str, str, str]]:
    """Yields features, the sentence where one is missing, and where to name another."""
    for name in [spec.label_key, *sorted(spec.label_keys.values())]:
        advice = "ModelSpec.label_key, or evaluate on the examples that Transform wrote"
        yield name, f"The label {name!r} is not a feature of", advice
    for name in [spec.example_weight_key, *sorted(spec.example_weight_keys.values())]:
        advice = "ModelSpec.example_weight_key, or none"
        yield name, f"The example weight {name!r} is not a feature of", advice
    for name in sorted(slicing.columns(slicing.slicing_specs(eval_config))):
        yield name, f"The slicing feature {name!r} is not a feature of", "slicing_specs"
    for name in sorted({metrics.query_key for metrics in eval_config.metrics_specs}):
        yield name, f"The query key {name!r} is not a feature of", "MetricsSpec.query_key"
