"""Completes an evaluation config as the stock Evaluator does."""

import tensorflow_model_analysis as tfma
from checkpoint_sweep.common.errors import UserError
from tensorflow_model_analysis.metrics import metric_specs


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


def has_thresholds(eval_config: tfma.EvalConfig) -> bool:
    """Whether there is anything to validate, after `with_defaults`."""
    return bool(
        tfma.metrics.metric_thresholds_from_metrics_specs(
            eval_config.metrics_specs, eval_config=eval_config
        )
    )
