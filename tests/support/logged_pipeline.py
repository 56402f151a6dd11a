"""The pipeline with the tiny problem, whose sweep evaluates in groups and logs them.

python -m tests.support.logged_pipeline ARGUMENTS...
"""

import functools
import os
import runpy

from checkpoint_sweep import CheckpointSweep
from pipeline import dag
from tests.support import evaluation_log

# Environment variable: bytes for the weights of all models.
BUDGET = "CHECKPOINT_SWEEP_TESTS_BUDGET"

if __name__ == "__main__":
    dag.CheckpointSweep = functools.partial(CheckpointSweep, memory_budget=int(os.environ[BUDGET]))
    evaluation_log.start()
    runpy.run_module("tests.pipeline.tiny", run_name="__main__", alter_sys=True)
