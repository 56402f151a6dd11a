"""The fares problem, defined."""

from pipeline.problems.problem import FileFormat, Problem, repository
from pipeline.problems.taxi.problem import taxi_data


def fares() -> Problem:
    """Defines what a trip costs: a regression, by an Estimator, on the data of `taxi`."""
    return Problem(
        name="fares",
        question="What does a Chicago taxi trip cost, given distance, time and place?",
        data=lambda scratch: taxi_data(),
        file_format=FileFormat.CSV,
        schema=repository() / "schemas/taxi/schema.pbtxt",
        eval_config="pipeline.problems.fares.evaluation.eval_config",
        preprocessing_fn="pipeline.problems.fares.preprocessing.preprocessing_fn",
        run_fn="pipeline.problems.fares.training.run_fn",
        select_by="mean_absolute_error",
        steps=4000,
        checkpoint_steps=200,
    )
