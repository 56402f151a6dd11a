"""The Trainer's entry point for the digits."""

from tfx import v1 as tfx

from pipeline.problems import estimator_inputs, estimator_training
from pipeline.problems.digits import features, model


def run_fn(fn_args: tfx.components.FnArgs) -> None:
    """Trains and exports a model of the digits (called by the Trainer component)."""
    estimator_training.train(
        fn_args,
        model.model_fn,
        features.LABEL,
        estimator_inputs.raw(fn_args, [features.IMAGE]),
        params={"network": fn_args.custom_config["network"]},
    )
