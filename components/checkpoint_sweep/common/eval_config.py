"""Completes an evaluation config as the stock Evaluator does."""

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.source_fingerprint import fingerprint

_TFMA = "tensorflow_model_analysis"


class EvalConfigError(UserError):
    """TFMA cannot use the evaluation config; the message says why."""


def with_defaults(eval_config: tfma.EvalConfig, has_baseline: bool) -> tfma.EvalConfig:
    """Fills in TFMA's defaults; without a baseline, change thresholds are dropped.

    Raises:
        EvalConfigError: a metric does not exist or does not take its settings, or TFMA finds
            the config inconsistent.
    """
    try:
        updated = tfma.utils.update_eval_config_with_defaults(
            eval_config, has_baseline=has_baseline, rubber_stamp=True
        )
        tfma.utils.verify_eval_config(updated)
        metric_specs.to_computations(updated.metrics_specs, eval_config=updated)
        candidates = [spec.name for spec in updated.model_specs if not spec.is_baseline]
        if len(candidates) != 1:
            raise ValueError(f"one ModelSpec that is no baseline is expected, not {candidates}")
    except Exception as error:
        reason = str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
        raise EvalConfigError(
            f"The evaluation config cannot be used: {reason}. Correct it "
            "(metrics_specs name a metric's class, module and config)."
        ) from error
    return updated


def metric_code(eval_config: tfma.EvalConfig) -> str:
    """A fingerprint of the source of the metrics that the config names by module.

    TFX's cache compares parameters, not the code that a parameter names.
    """
    modules = {metric.module for spec in eval_config.metrics_specs for metric in spec.metrics}
    own = sorted(name for name in modules if name and not name.startswith(_TFMA))
    try:
        return fingerprint(own)
    except ModuleNotFoundError as error:
        raise EvalConfigError(
            f"The evaluation config cannot be used: {error} Correct the module of its metric, or "
            "make it importable where the pipeline is defined."
        ) from error


def has_thresholds(eval_config: tfma.EvalConfig) -> bool:
    """Whether there is anything to validate, after `with_defaults`."""
    return bool(
        tfma.metrics.metric_thresholds_from_metrics_specs(
            eval_config.metrics_specs, eval_config=eval_config
        )
    )
