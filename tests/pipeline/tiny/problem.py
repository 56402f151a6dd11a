"""The tiny problem, defined."""

import os
from pathlib import Path

from pipeline.problems.problem import FileFormat, Problem

# The Trainer's entry point, if it is to be another.
RUN_FN = "TINY_RUN_FN"
# Transform's entry point, if there is to be one.
PREPROCESSING_FN = "TINY_PREPROCESSING_FN"


def tiny() -> Problem:
    """Its data are to be named by --data."""
    return Problem(
        name="tiny",
        question="Is x positive?",
        data=lambda scratch: scratch,
        file_format=FileFormat.CSV,
        schema=Path(__file__).with_name("schema.pbtxt"),
        eval_config="tests.pipeline.tiny.model.eval_config",
        run_fn=os.environ.get(RUN_FN, "tests.pipeline.tiny.model.run_fn"),
        select_by="auc",
        steps=40,
        checkpoint_steps=10,
        preprocessing_fn=os.environ.get(PREPROCESSING_FN),
    )
