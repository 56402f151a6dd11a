"""Evaluates every checkpoint of a model run and exports, judges and blesses the best.

`CheckpointSweep` is the TFX component; `Selection` says what "best" means.
"""

from components.checkpoint_sweep.checkpoints import StepRange
from components.checkpoint_sweep.component import CheckpointSweep
from components.checkpoint_sweep.selection import Direction, Selection

__all__ = ["CheckpointSweep", "Direction", "Selection", "StepRange"]
