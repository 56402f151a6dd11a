"""Follows the settings of a run in its tasks: steps, metric, direction, engine.

TFX has no such parameters. The compiled tasks get them beside those of TFX, under names of their
own, and the entrypoint puts them into TFX's.
"""

import json
from typing import Any

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.selection.criteria import DIRECTIONS
from pipeline.kubeflow.parameters import (
    CHECKPOINT_STEPS,
    DIRECTION,
    ENGINE,
    SELECT_BY,
    SETTING_KINDS,
    SETTING_PREFIX,
    STEPS,
)

_EVALUATORS = {
    "fused": "checkpoint_sweep.tfx_components.evaluator.executor.EvaluatorExecutor",
    "tfma": "tfx.components.evaluator.executor.Executor",
}


def settings_of(values: Json) -> Json:
    """Picks the parameters of a run that are settings."""
    return {name: values[name] for name in SETTING_KINDS}


def settle(values: Json) -> Json:
    """Puts the settings of the run into a task's parameters, as TFX knows them.

    Args:
        values: Parameters as the driver gives them.
    """
    own = {
        n.removeprefix(SETTING_PREFIX): v for n, v in values.items() if n.startswith(SETTING_PREFIX)
    }
    settled = {name: v for name, v in values.items() if not name.startswith(SETTING_PREFIX)}
    if STEPS in own:
        _put(settled, "train_args", num_steps=int(own[STEPS]))
        _put(settled, "custom_config", checkpoint_steps=int(own[CHECKPOINT_STEPS]))
    if SELECT_BY in own:
        word = own[DIRECTION]
        direction = DIRECTIONS[word].value if word else None
        _put(settled, "selection", metric=own[SELECT_BY], direction=direction)
        settled["engine"] = own[ENGINE]
    return settled


def executor_of(executor: str, values: Json) -> str:
    """Finds the executor of a task: of the two Evaluators, that of the run's engine.

    Args:
        executor: Executor that was compiled, `module.Class`.
        values: Parameters of the task, as the driver gives them.
    """
    engine = values.get(SETTING_PREFIX + ENGINE)
    return _EVALUATORS[engine] if engine and executor in _EVALUATORS.values() else executor


def check_settings(problem: str, values: Json) -> None:
    """Checks the settings of a run before it trains.

    Args:
        problem: Name of the problem.
        values: Parameters of the run.

    Raises:
        ConfigError: one cannot work.
    """
    # Only here: they take seconds, and other tasks' errors need not wait for them.
    from pipeline.checks.selection import check_selection
    from pipeline.options import RunOptions
    from pipeline.problems import registry

    given = RunOptions(
        int(values[STEPS]),
        int(values[CHECKPOINT_STEPS]),
        values[SELECT_BY],
        values[DIRECTION] or None,
        engine=values[ENGINE],
    )
    check_selection(given.config(registry.get(problem)))


def _put(values: Json, name: str, **changes: Any) -> None:
    """Changes fields of a parameter that is JSON."""
    values[name] = json.dumps(json.loads(values[name]) | changes, sort_keys=True)
