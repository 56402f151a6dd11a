"""The taxi problem, defined."""

import importlib.util
import os
from pathlib import Path

from pipeline.problems.problem import FileFormat, Problem, repository


def taxi_data() -> Path:
    """Finds the Chicago taxi data, with its label, that the `tfx` package ships."""
    # find_spec and not import: importing tfx takes seconds, and --help needs this path.
    spec = importlib.util.find_spec("tfx")
    assert spec is not None
    assert spec.submodule_search_locations
    package = spec.submodule_search_locations[0]
    return Path(os.path.join(package, "examples/chicago_taxi_pipeline/data/big_tipper_label"))


def taxi() -> Problem:
    """Defines whether a rider will tip more than a fifth of the fare: binary, by an Estimator."""
    return Problem(
        name="taxi",
        question="Will a Chicago taxi rider tip more than a fifth of the fare?",
        data=lambda scratch: taxi_data(),
        file_format=FileFormat.CSV,
        schema=repository() / "schemas/taxi/schema.pbtxt",
        eval_config="pipeline.problems.taxi.evaluation.eval_config",
        preprocessing_fn="pipeline.problems.taxi.preprocessing.preprocessing_fn",
        run_fn="pipeline.problems.taxi.training.run_fn",
        select_by="auc",
        steps=4000,
        checkpoint_steps=200,
    )
