"""Declares what can be set for each run without compiling: steps, metric, direction, engine."""

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow.compile.spec import add_parameter, add_run_parameter, of_run
from pipeline.kubeflow.parameters import (
    CHECKPOINT_STEPS,
    DIRECTION,
    ENGINE,
    SELECT_BY,
    SETTING_KINDS,
    SETTING_PREFIX,
    STEPS,
)

_TASKS = {
    "Trainer": (STEPS, CHECKPOINT_STEPS),
    "CheckpointSweep": (SELECT_BY, DIRECTION, ENGINE),
    "Evaluator": (ENGINE,),
}


def add_run_settings(spec: Json, compiled: Json) -> None:
    """Gives a compiled pipeline the parameters, and the tasks that follow them.

    Args:
        spec: Compiled `PipelineSpec`, changed in place.
        compiled: Defaults of the parameters by name.
    """
    for name, kind in SETTING_KINDS.items():
        add_run_parameter(spec, name, kind, compiled[name])
    for task, names in _TASKS.items():
        for name in names:
            add_parameter(spec, task, SETTING_PREFIX + name, SETTING_KINDS[name], of_run(name))
