"""Evaluates every checkpoint of a training run with TFMA, and exports and blesses the best.

In a TFX pipeline it is a component.

    from checkpoint_sweep import CheckpointSweep, Direction, Selection, StepRange

    sweep = CheckpointSweep(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        model_run=trainer.outputs["model_run"],
        eval_config=eval_config,
        selection=Selection("auc", direction=Direction.HIGHER_IS_BETTER),
        steps=StepRange(first=1),
    )

Without a pipeline it is a function.

    from checkpoint_sweep import SweepOptions, sweep

    result = sweep("run", "export", SweepOptions("eval*.tfrecord", "eval_config.pbtxt", "auc"))

What is public is here, and in four modules; all else may change without notice:

- `checkpoint_sweep.errors`: every error that is raised on purpose;
- `checkpoint_sweep.metrics`: metrics that TFMA lacks, and how to write one's own;
- `checkpoint_sweep.report`: what a sweep leaves behind, read back and logged elsewhere;
- `checkpoint_sweep.views`: TFMA's views in any notebook or page.

Importing this package is cheap; TensorFlow, TFMA and TFX are imported with what needs them, and
only `CheckpointSweep`, `Evaluator` and `last_outcome` need TFX.
"""

from typing import TYPE_CHECKING

from checkpoint_sweep._lazy import importer
from checkpoint_sweep.version import __version__ as __version__

if TYPE_CHECKING:
    from checkpoint_sweep.common.errors import SweepError, UserError
    from checkpoint_sweep.model_run.averages import Averages
    from checkpoint_sweep.model_run.checkpoints import StepRange
    from checkpoint_sweep.report.sweep_result import SweepResult
    from checkpoint_sweep.selection.across import Across, Combine
    from checkpoint_sweep.selection.criteria import Direction, ThresholdMode
    from checkpoint_sweep.selection.earliest_eligible import EarliestEligible
    from checkpoint_sweep.selection.policies import (
        BestValue,
        CandidateResult,
        Choice,
        EarliestWithin,
        SelectionPolicy,
    )
    from checkpoint_sweep.selection.racing import Racing
    from checkpoint_sweep.selection.selection import Selection
    from checkpoint_sweep.selection.set_policies import EarliestOfSet, LatestOfSet, SecondaryMetric
    from checkpoint_sweep.selection.split_thresholds import SplitThreshold
    from checkpoint_sweep.sweeping.estimator_training import SweepExporter, SweepListener
    from checkpoint_sweep.sweeping.export_graph import export_graph
    from checkpoint_sweep.sweeping.keras_training import SweepCallback
    from checkpoint_sweep.sweeping.options import SweepOptions
    from checkpoint_sweep.sweeping.predictions.later import write_predictions_of
    from checkpoint_sweep.sweeping.predictions.request import Predictions
    from checkpoint_sweep.sweeping.prune import plan_pruning, prune
    from checkpoint_sweep.sweeping.prune_plan import PrunePlan
    from checkpoint_sweep.sweeping.stopping import StopCallback, stop_hook
    from checkpoint_sweep.sweeping.sweep import sweep
    from checkpoint_sweep.sweeping.watch import Until, watch
    from checkpoint_sweep.tfx_components.evaluator.component import Evaluator
    from checkpoint_sweep.tfx_components.outcome import last_outcome
    from checkpoint_sweep.tfx_components.sweep.component import CheckpointSweep

__all__ = [
    # Without a pipeline.
    "sweep",
    "watch",
    "export_graph",
    "write_predictions_of",
    "plan_pruning",
    "prune",
    "PrunePlan",
    "SweepOptions",
    "SweepResult",
    "Until",
    # From within a training.
    "SweepListener",
    "SweepExporter",
    "SweepCallback",
    "stop_hook",
    "StopCallback",
    # In a TFX pipeline.
    "CheckpointSweep",
    "Evaluator",
    "last_outcome",
    # What is evaluated.
    "StepRange",
    "Averages",
    "Racing",
    "Predictions",
    "SplitThreshold",
    # How one is chosen.
    "Selection",
    "Across",
    "Combine",
    "Direction",
    "ThresholdMode",
    "BestValue",
    "EarliestEligible",
    "EarliestWithin",
    "EarliestOfSet",
    "LatestOfSet",
    "SecondaryMetric",
    "SelectionPolicy",
    "CandidateResult",
    "Choice",
    # What goes wrong.
    "SweepError",
    "UserError",
]

__getattr__ = importer(__name__)


def __dir__() -> list[str]:
    return __all__
