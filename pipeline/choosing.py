"""How the application's options say which of the eligible checkpoints is chosen."""

from checkpoint_sweep.selection.criteria import DIRECTIONS
from checkpoint_sweep.selection.policies import BestValue, SelectionPolicy
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.set_policies import EarliestOfSet, LatestOfSet, SecondaryMetric
from pipeline.config import ConfigError, PipelineConfig


def selection_of(config: PipelineConfig) -> Selection:
    """Makes the selection that the sweep chooses by.

    Raises:
        ConfigError: there is no such way to choose.
    """
    return Selection(
        config.select_by,
        direction=config.direction,
        policy=policy_of(config.choose),
        threshold_mode=config.threshold_mode,
    )


def policy_of(choose: str) -> SelectionPolicy:
    """Finds the policy that an option stands for.

    Raises:
        ConfigError: it stands for none.
    """
    simple: dict[str, SelectionPolicy] = {
        "best": BestValue(),
        "earliest": EarliestOfSet(),
        "latest": LatestOfSet(),
    }
    metric, _, direction = choose.rpartition(":")
    if choose in simple:
        return simple[choose]
    if metric and direction in DIRECTIONS:
        return SecondaryMetric(metric, DIRECTIONS[direction])
    raise ConfigError(
        f"--choose={choose} is no way to choose. Say {', '.join(simple)}, or a metric and which of "
        "its values are better, such as binary_accuracy:higher."
    )
