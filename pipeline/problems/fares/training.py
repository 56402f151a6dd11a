"""The Trainer's entry point for the fares problem."""

from tfx import v1 as tfx

from pipeline.problems import estimator_inputs, estimator_training
from pipeline.problems.fares import features, model


def run_fn(fn_args: tfx.components.FnArgs) -> None:
    """Trains and exports the fares model (called by the Trainer component)."""
    inputs = estimator_inputs.transformed(fn_args, features.inputs())
    estimator_training.train(fn_args, model.model_fn, features.LABEL, inputs)
