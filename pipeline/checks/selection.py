"""Finds out before the run whether the sweep will be able to choose."""

from checkpoint_sweep.common.eval_config import EvalConfigError, unvalidated_reason, with_defaults
from checkpoint_sweep.selection.earliest_eligible import check_earliest_eligible
from checkpoint_sweep.selection.metric_lookup import (
    check_slice,
    complete_name,
    resolve_direction,
)
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.set_policies import SecondaryMetric
from pipeline.choosing import selection_of
from pipeline.config import ConfigError, PipelineConfig, as_config_error
from pipeline.problems.problem import load


def check_selection(config: PipelineConfig) -> None:
    """Checks that the evaluation config computes the metric, and that it has a direction.

    Raises:
        ConfigError: it does not, or the direction is nowhere declared, or twice and differently,
            or the evaluation config cannot be made or used, or has no threshold where the first
            that meets all is to be chosen.
    """
    name = config.problem.eval_config
    try:
        eval_config = with_defaults(load(name)(), has_baseline=True)
    except EvalConfigError as error:
        raise ConfigError(str(error)) from error
    except Exception as error:  # it is the code of whoever defined the problem
        reason = f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(".")
        raise ConfigError(f"{name} gives no evaluation config: {reason}. Correct it.") from error
    metric = config.select_by
    selection = selection_of(config)
    if isinstance(selection.policy, SecondaryMetric):
        other = Selection(selection.policy.metric, direction=selection.policy.direction)
        with as_config_error(f"--choose={config.choose}"):
            resolve_direction(complete_name(other, eval_config), eval_config)
    with as_config_error():
        check_earliest_eligible(
            selection.policy, unvalidated_reason(eval_config), config.racing is not None
        )
    with as_config_error(f"--select-by={metric}"):
        chosen_by = complete_name(
            Selection(metric, direction=config.direction, across=config.across), eval_config
        )
        resolve_direction(chosen_by, eval_config)
        check_slice(chosen_by, eval_config)
