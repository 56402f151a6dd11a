"""The plan of what is summed by fold of the examples."""

import dataclasses

from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.plan import plan as plan_lib


def make(eval_config: config_pb2.EvalConfig) -> plan_lib.Plan:
    """Makes the plan for a config as `plan.plan.make` does, with histograms of fewer thresholds.

    Of a metric without a fold of the examples only its difference to the metric of all examples
    counts, which finer thresholds change by far less than chance does; with all of them, the sums
    of a hundred checkpoints on a million examples take gigabytes.
    """
    plan = plan_lib.make(eval_config)
    leaves = [
        dataclasses.replace(leaf, vectorized=leaf.vectorized.coarser()) if leaf.vectorized else leaf
        for leaf in plan.leaves
    ]
    return dataclasses.replace(plan, leaves=leaves)
