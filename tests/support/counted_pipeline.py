"""The pipeline with the tiny problem and a sweep in groups that records what it evaluates."""

import functools
import os
import runpy

from checkpoint_sweep import CheckpointSweep
from pipeline import dag
from tests.support import counted_models

# Bytes for the weights of all models.
BUDGET = "COUNTED_BUDGET"

if __name__ == "__main__":
    dag.CheckpointSweep = functools.partial(CheckpointSweep, memory_budget=int(os.environ[BUDGET]))
    counted_models.count()
    runpy.run_module("tests.pipeline.tiny", run_name="__main__", alter_sys=True)
