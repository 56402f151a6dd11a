"""The fares problem, defined."""

from pipeline.problem import FileFormat, Problem, repository
from pipeline.taxi.problem import taxi_data


def fares() -> Problem:
    """What does a trip cost? Regression, by an Estimator, on the data of `taxi`."""
    return Problem(
        name="fares",
        question="What does a Chicago taxi trip cost, given distance, time and place?",
        data=lambda scratch: taxi_data(),
        file_format=FileFormat.CSV,
        schema=repository() / "schemas/taxi/schema.pbtxt",
        eval_config="pipeline.fares.evaluation.eval_config",
        preprocessing_fn="pipeline.fares.preprocessing.preprocessing_fn",
        run_fn="pipeline.fares.training.run_fn",
        select_by="mean_absolute_error",
        steps=4000,
        checkpoint_steps=200,
        transform_code=(
            "pipeline.taxi.features",
            "pipeline.taxi.columns",
            "pipeline.fares.features",
            "pipeline.fares.preprocessing",
        ),
        training_code=(
            "pipeline.taxi.features",
            "pipeline.taxi.wide_and_deep",
            "pipeline.fares.features",
            "pipeline.fares.metrics",
            "pipeline.fares.model",
            "pipeline.fares.training",
            "pipeline.estimator_inputs",
            "pipeline.estimator_training",
        ),
    )
