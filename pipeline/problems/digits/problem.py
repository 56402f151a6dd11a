"""The problem of the digits, defined, with a small network and with a large one."""

import dataclasses

from pipeline.problems.digits.data import digits_data
from pipeline.problems.problem import FileFormat, Problem, repository


def digits() -> Problem:
    """Defines which digit has been written: ten classes, by a small TF-Slim network."""
    return Problem(
        name="digits",
        question="Which digit has been written by hand?",
        data=digits_data,
        file_format=FileFormat.TFRECORD,
        schema=repository() / "schemas/digits/schema.pbtxt",
        eval_config="pipeline.problems.digits.evaluation.eval_config",
        run_fn="pipeline.problems.digits.training.run_fn",
        select_by="cross_entropy",
        steps=4000,
        checkpoint_steps=200,
        options={"network": "small"},
    )


def digits_resnet() -> Problem:
    """Defines the same by ResNet-v2-50, where prediction is nearly all the cost of evaluation."""
    return dataclasses.replace(
        digits(),
        name="digits_resnet",
        steps=120,
        checkpoint_steps=20,
        options={"network": "resnet_v2_50"},
    )
