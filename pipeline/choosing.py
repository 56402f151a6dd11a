"""How the application's options say which of the eligible checkpoints is chosen."""

from collections.abc import Sequence

from checkpoint_sweep.selection import policy_names
from checkpoint_sweep.selection.across import Across, parse_across
from checkpoint_sweep.selection.policies import SelectionPolicy
from checkpoint_sweep.selection.selection import Selection
from pipeline.config import PipelineConfig, as_config_error


def selection_of(config: PipelineConfig) -> Selection:
    """Makes the selection that the sweep chooses by.

    Raises:
        ConfigError: there is no such way to choose.
    """
    return Selection(
        config.select_by,
        direction=config.direction,
        across=config.across,
        policy=policy_of(config.choose),
        threshold_mode=config.threshold_mode,
    )


def across_of(slices: Sequence[str], combine: str) -> Across | None:
    """Finds the slices that options stand for; None if none is given.

    Raises:
        ConfigError: they are none.
    """
    with as_config_error():
        return parse_across(slices, combine) if slices else None


def policy_of(choose: str) -> SelectionPolicy:
    """Finds the policy that an option stands for.

    Raises:
        ConfigError: it stands for none.
    """
    with as_config_error():
        return policy_names.policy_of(choose)
