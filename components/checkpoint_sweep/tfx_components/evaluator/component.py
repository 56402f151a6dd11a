"""The stock Evaluator with another executor."""

from checkpoint_sweep.tfx_components.evaluator.executor import Executor
from tfx import v1 as tfx
from tfx.dsl.components.base import executor_spec


class Evaluator(tfx.components.Evaluator):
    """Drop-in for `tfx.components.Evaluator`: same arguments, outputs and blessing properties."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
