"""Evaluates every checkpoint of a training run with TFMA, and exports and blesses the best.

    from checkpoint_sweep import CheckpointSweep, Direction, Selection, StepRange

    sweep = CheckpointSweep(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        model_run=trainer.outputs["model_run"],
        eval_config=eval_config,
        selection=Selection("auc", direction=Direction.HIGHER_IS_BETTER),
        steps=StepRange(first=1),
    )

Importing this package is cheap; TensorFlow, TFMA and TFX are imported with what needs them, and
only `CheckpointSweep`, `Evaluator` and `last_outcome` need TFX.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkpoint_sweep.common.errors import SweepError, UserError
    from checkpoint_sweep.model_run.averages import Averages
    from checkpoint_sweep.model_run.checkpoints import StepRange
    from checkpoint_sweep.selection.direction import Direction
    from checkpoint_sweep.selection.margin import Margin
    from checkpoint_sweep.selection.racing import Racing
    from checkpoint_sweep.selection.selection import Selection
    from checkpoint_sweep.sweeping.estimator_training import SweepExporter, SweepListener
    from checkpoint_sweep.sweeping.keras_training import SweepCallback
    from checkpoint_sweep.sweeping.sweep import sweep
    from checkpoint_sweep.sweeping.watch import watch
    from checkpoint_sweep.tfx_components.evaluator.component import Evaluator
    from checkpoint_sweep.tfx_components.outcome import last_outcome
    from checkpoint_sweep.tfx_components.sweep.component import CheckpointSweep

__version__ = "0.2.0"

__all__ = [
    "Averages",
    "CheckpointSweep",
    "Direction",
    "Evaluator",
    "Margin",
    "Racing",
    "Selection",
    "StepRange",
    "SweepCallback",
    "SweepError",
    "SweepExporter",
    "SweepListener",
    "UserError",
    "last_outcome",
    "sweep",
    "watch",
]


def __getattr__(name: str) -> Any:
    """Imports what is public when it is asked for."""
    homes = {
        "Averages": "checkpoint_sweep.model_run.averages",
        "CheckpointSweep": "checkpoint_sweep.tfx_components.sweep.component",
        "Direction": "checkpoint_sweep.selection.direction",
        "Evaluator": "checkpoint_sweep.tfx_components.evaluator.component",
        "Margin": "checkpoint_sweep.selection.margin",
        "Racing": "checkpoint_sweep.selection.racing",
        "Selection": "checkpoint_sweep.selection.selection",
        "SweepError": "checkpoint_sweep.common.errors",
        "SweepCallback": "checkpoint_sweep.sweeping.keras_training",
        "SweepExporter": "checkpoint_sweep.sweeping.estimator_training",
        "SweepListener": "checkpoint_sweep.sweeping.estimator_training",
        "UserError": "checkpoint_sweep.common.errors",
        "sweep": "checkpoint_sweep.sweeping.sweep",
        "watch": "checkpoint_sweep.sweeping.watch",
        "StepRange": "checkpoint_sweep.model_run.checkpoints",
        "last_outcome": "checkpoint_sweep.tfx_components.outcome",
    }
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(homes[name]), name)
