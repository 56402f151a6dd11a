"""The pipeline with the tiny problem and a sweep in groups that records what it evaluates."""

import functools
import os
import runpy
from collections.abc import Sequence
from typing import Any

from checkpoint_sweep import CheckpointSweep
from checkpoint_sweep.evaluation import fused_engine
from checkpoint_sweep.saved_model.model_source import ModelSource
from pipeline import dag

# Bytes for the weights of all models.
BUDGET = "COUNTED_BUDGET"
# File with a line for each model that a Beam pipeline was made for.
RECORD = "COUNTED_RECORD"

_EvaluateModels = fused_engine.EvaluateModels


def _recorded(group: Sequence[ModelSource], *args: Any, **kwargs: Any) -> Any:
    with open(os.environ[RECORD], "a") as file:
        file.writelines(f"{model.name}\n" for model in group)
    return _EvaluateModels(group, *args, **kwargs)


if __name__ == "__main__":
    dag.CheckpointSweep = functools.partial(CheckpointSweep, memory_budget=int(os.environ[BUDGET]))
    fused_engine.EvaluateModels = _recorded
    runpy.run_module("tests.pipeline.tiny", run_name="__main__", alter_sys=True)
