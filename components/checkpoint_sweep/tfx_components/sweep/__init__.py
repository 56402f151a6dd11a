"""Evaluates every checkpoint of a model run and exports, judges and blesses the best.

`CheckpointSweep` is the TFX component; `Selection` says what "best" means.
"""

from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.selection.selection import Direction, Selection
from checkpoint_sweep.tfx_components.sweep.component import CheckpointSweep

__all__ = ["CheckpointSweep", "Direction", "Selection", "StepRange"]
