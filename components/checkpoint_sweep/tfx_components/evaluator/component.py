"""The stock Evaluator with another executor."""

from typing import Any

from tfx import v1 as tfx
from tfx.dsl.components.base import executor_spec
from tfx.types import standard_component_specs as keys

from checkpoint_sweep.common.eval_config import metric_code
from checkpoint_sweep.tfx_components.evaluator.executor import EvaluatorExecutor
from checkpoint_sweep.tfx_components.sweep.spec import METRIC_CODE


class Evaluator(tfx.components.Evaluator):
    """Evaluates a model as `tfx.components.Evaluator` does, in one pass over the examples.

        evaluator = Evaluator(
            examples=example_gen.outputs["examples"],
            model=sweep.outputs["model"],
            baseline_model=resolver.outputs["model"],
            eval_config=eval_config,
            example_splits=["test"],
        )

    It is a drop-in: arguments, outputs and the properties of the blessing are the same.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(EvaluatorExecutor)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Adds an Evaluator to a pipeline; see `tfx.components.Evaluator`."""
        super().__init__(*args, **kwargs)
        # The source of the metrics that eval_config names, so that TFX's cache notices an edit;
        # the stock spec has no parameter for it.
        if eval_config := kwargs.get(keys.EVAL_CONFIG_KEY):
            self.exec_properties[METRIC_CODE] = metric_code(eval_config)
