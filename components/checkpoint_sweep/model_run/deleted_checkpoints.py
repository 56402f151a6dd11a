"""A sign that earlier checkpoints of a run were deleted."""

import itertools
from collections.abc import Sequence

from checkpoint_sweep.model_run.checkpoints import Checkpoint


def deletion_warning(checkpoints: Sequence[Checkpoint]) -> str | None:
    """Warns in a sentence if earlier checkpoints seem to have been deleted; None if not.

    Estimator keeps the last five by default. Periodic checkpoints start at step 0 or at the
    first interval: a first one that lies more than one interval from 0 had predecessors.
    """
    steps = [c.step for c in sorted(checkpoints)]
    if len(steps) < 2:
        return None
    interval = max(b - a for a, b in itertools.pairwise(steps))
    if steps[0] <= interval:
        return None
    return (
        f"The first checkpoint has step {steps[0]}, though training saved one every {interval} "
        "steps: earlier ones seem to be deleted. To keep all, train with "
        "RunConfig(keep_checkpoint_max=None) or CheckpointManager(max_to_keep=None)."
    )
