"""All that is checked before any work, for a sweep and for an Evaluator alike."""

from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import check_thresholds
from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.evaluation.preflight.features import (
    check_cluster_feature,
    features_of,
    indispensable_features,
)
from checkpoint_sweep.evaluation.preflight.signature import (
    check_signature,
    conversion_notice,
    flattening_warning,
)
from checkpoint_sweep.evaluation.preflight.support import compiled_metrics_warning
from checkpoint_sweep.evaluation.preflight.weights import check_weights
from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel


def preflight(
    eval_config: config_pb2.EvalConfig,
    examples: ExampleSource,
    exported: SavedModel,
    baseline: ModelSource | None,
    engine: str = DEFAULT_ENGINE,
    cluster_key: str | None = None,
) -> list[str]:
    """Checks that models, config and examples fit each other.

        for warning in preflight(eval_config, examples, SavedModel("export"), baseline=None):
            logging.warning(warning)

    The candidates' weights are not looked at: they come from checkpoints, or with the export.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        examples: Examples to evaluate on, which are looked at until each feature was seen.
        exported: SavedModel whose graph every candidate has.
        baseline: Model to compare with; None for none.
        engine: Name of the engine, on which some warnings depend.
        cluster_key: Feature that names clusters; None for none.

    Returns:
        Sentences that warn of what may surprise.

    Raises:
        UserError: They do not fit (SavedModelError, ExamplesError, FeatureError, SignatureError,
            EvalConfigError).
    """
    clustered = {cluster_key} if cluster_key is not None else set()
    features = examples.features(
        features_of(eval_config, exported) | clustered,
        indispensable_features(eval_config, exported) | clustered,
    )
    check_cluster_feature(cluster_key, features)
    check_signature(exported, eval_config, features)
    if baseline is not None:
        check_signature(baseline.saved_model, eval_config, features, of_baseline=True)
        check_weights(baseline)
    compiled = compiled_metrics_warning(exported, eval_config)
    if not compiled:  # A threshold may be for a metric that the model was compiled with.
        check_thresholds(eval_config)
    warnings = (
        conversion_notice(exported, eval_config, examples.number_types()),
        flattening_warning(exported, eval_config),
        compiled if engine != "tfma" else None,
    )
    return [warning for warning in warnings if warning]
