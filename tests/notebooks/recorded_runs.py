"""Finished runs of several problems, written without training anything."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx.types import standard_artifacts

from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.evaluation.results.candidate import read_result
from checkpoint_sweep.evaluation.results.ledger import Entry, EntryStatus, write_ledger
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.decision import choose
from checkpoint_sweep.selection.judgement import judge
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.tfx_components import blessing
from pipeline.config import metadata_store
from pipeline.reporting.run_summary import begun, write_summary
from tests.checkpoint_sweep.tfma_views import tfma_results
from tests.pipeline.recorded import Recorded, State

REGRESSION = """
model_specs { prediction_key: "prediction" label_key: "label" }
slicing_specs {}
slicing_specs { feature_keys: "area" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "MeanAbsoluteError" }
}
"""

MULTI_CLASS = """
model_specs { prediction_key: "prediction" label_key: "label" }
slicing_specs {}
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics {
    class_name: "SparseCategoricalCrossentropy"
    config: '"name": "cross_entropy"'
  }
  metrics { class_name: "MultiClassConfusionMatrixPlot" config: '"thresholds": [0.4]' }
}
"""

# How far off the predictions are at each step: the best is neither the first nor the last.
ERRORS = {100: 3.0, 200: 1.0, 300: 2.0}
BEST, WORST = 200, 100
HOSTILE = "<b>7</b>"


def regression_rows(error: float) -> pd.DataFrame:
    """Rows whose predictions are off by `error` on average, by twice as much in one area."""
    random = np.random.default_rng(3)
    label = random.uniform(5, 50, 90)
    area = np.resize(["1", "2", HOSTILE], 90)
    off = error * random.choice([-1.0, 1.0], 90) * np.where(area == HOSTILE, 1.5, 0.75)
    return pd.DataFrame({"area": area, "label": label, "prediction": label + off})


def multi_class_rows(error: float) -> pd.DataFrame:
    """Rows whose probabilities follow the label the less, the larger `error` is."""
    random = np.random.default_rng(4)
    label = random.integers(0, 3, 60)
    logits = random.normal(size=(60, 3)) * error + 2 * np.eye(3)[label]
    odds = np.exp(logits)
    return pd.DataFrame({"label": label, "prediction": list(odds / odds.sum(axis=1)[:, None])})


def record(
    root: Path, config: str, metric: str, rows: Callable[[float], pd.DataFrame]
) -> tuple[Recorded, dict[str, int]]:
    """Writes the results and the verdicts of a sweep, and a run in which it and no more ran.

    Returns:
        The metadata store, and the ids of the sweep's outputs.
    """
    evaluation, blessed = root / "evaluation", standard_artifacts.ModelBlessing()
    blessed.uri = str(root / "blessing")
    names = {step: f"step-{step:08d}" for step in ERRORS}
    for step, error in ERRORS.items():
        tfma_results.write_results(evaluation / names[step], rows(error), config)
    write_ledger(
        str(evaluation),
        [Entry(name, step, "", EntryStatus.EVALUATED) for step, name in names.items()],
    )
    whole = with_defaults(text_format.Parse(config, config_pb2.EvalConfig()), has_baseline=False)
    selection = Selection(metric, direction=Direction.LOWER_IS_BETTER)
    results = [
        read_result(os.path.join(evaluation, name), name, step, selection, whole)
        for step, name in names.items()
    ]
    decision = choose(results, Direction.LOWER_IS_BETTER)
    verdicts = judge(decision, selection, Direction.LOWER_IS_BETTER, unvalidated_reason=None)
    blessing.write_blessing(blessed, verdicts)
    recorded = Recorded(metadata_store(root))
    outputs = {
        "model": recorded.artifact("Model", str(root / "model")),
        "evaluation": recorded.artifact("ModelEvaluation", str(evaluation)),
        "blessing": recorded.artifact("ModelBlessing", blessed.uri),
    }
    recorded.execution("CheckpointSweep", State.COMPLETE, "first", outputs=outputs)
    write_summary(begun("first"), root / "summary.json")
    return recorded, outputs


def push(recorded: Recorded, outputs: dict[str, int], evaluation: str) -> None:
    """The Evaluator and the Pusher of the same run."""
    folder = recorded.path.parent / "confirmed"
    folder.mkdir()
    confirmed = {
        "evaluation": recorded.artifact("ModelEvaluation", evaluation),
        "blessing": recorded.artifact("ModelBlessing", str(folder), blessed=1),
    }
    model = {"model": outputs["model"]}
    recorded.execution("Evaluator", State.COMPLETE, "first", model, confirmed)
    pushed = recorded.artifact("PushedModel", "", pushed=1, pushed_destination="/serving/7")
    recorded.execution("Pusher", State.COMPLETE, "first", model, {"pushed_model": pushed})
