"""Completes an evaluation config as the stock Evaluator does."""

import tensorflow_model_analysis as tfma


def with_defaults(eval_config: tfma.EvalConfig, has_baseline: bool) -> tfma.EvalConfig:
    """Fills in TFMA's defaults; without a baseline, change thresholds are dropped."""
    updated = tfma.utils.update_eval_config_with_defaults(
        eval_config, has_baseline=has_baseline, rubber_stamp=True
    )
    tfma.utils.verify_eval_config(updated)
    return updated


def has_thresholds(eval_config: tfma.EvalConfig) -> bool:
    """Whether there is anything to validate, after `with_defaults`."""
    return bool(
        tfma.metrics.metric_thresholds_from_metrics_specs(
            eval_config.metrics_specs, eval_config=eval_config
        )
    )
