"""The fares problem, defined."""

from pipeline.problems.problem import FileFormat, Problem, repository
from pipeline.problems.taxi.problem import taxi_data


def fares() -> Problem:
    """What does a trip cost? Regression, by an Estimator, on the data of `taxi`."""
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
        transform_code=(
            "pipeline.problems.taxi.features",
            "pipeline.problems.taxi.columns",
            "pipeline.problems.fares.features",
            "pipeline.problems.fares.preprocessing",
        ),
        training_code=(
            "pipeline.problems.taxi.features",
            "pipeline.problems.taxi.wide_and_deep",
            "pipeline.problems.fares.features",
            "pipeline.problems.fares.metrics",
            "pipeline.problems.fares.model",
            "pipeline.problems.fares.training",
            "pipeline.problems.estimator_inputs",
            "pipeline.problems.estimator_training",
        ),
    )
