"""The stock Evaluator with another executor."""

from typing import Any

from tfx import v1 as tfx
from tfx.dsl.components.base import executor_spec
from tfx.types import standard_component_specs as keys

from checkpoint_sweep.common.eval_config import metric_code
from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE
from checkpoint_sweep.selection.cluster_key import check_cluster_key
from checkpoint_sweep.tfx_components.evaluator.executor import EvaluatorExecutor
from checkpoint_sweep.tfx_components.sweep.spec import CLUSTER_KEY, METRIC_CODE


class Evaluator(tfx.components.Evaluator):
    """Evaluates a model as `tfx.components.Evaluator` does, in one pass over the examples.

        evaluator = Evaluator(
            examples=example_gen.outputs["examples"],
            model=sweep.outputs["model"],
            baseline_model=resolver.outputs["model"],
            eval_config=eval_config,
            example_splits=["test"],
        )

    It is a drop-in: arguments, outputs and the properties of the blessing are the same. One more
    argument is `cluster_key`, as that of `CheckpointSweep`.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(EvaluatorExecutor)

    def __init__(self, *args: Any, cluster_key: str | None = None, **kwargs: Any) -> None:
        """Adds an Evaluator to a pipeline; see `tfx.components.Evaluator`.

        Args:
            args: Arguments of the stock Evaluator.
            cluster_key: Feature of which examples of one value share a fold; None for none.
            kwargs: Arguments of the stock Evaluator, by name.

        Raises:
            SelectionError: The cluster key is no name.
        """
        check_cluster_key(cluster_key, DEFAULT_ENGINE)
        super().__init__(*args, **kwargs)
        # The source of the metrics that eval_config names, so that TFX's cache notices an edit;
        # the stock spec has no parameter for it.
        if eval_config := kwargs.get(keys.EVAL_CONFIG_KEY):
            self.exec_properties[METRIC_CODE] = metric_code(eval_config)
        if cluster_key is not None:
            self.exec_properties[CLUSTER_KEY] = cluster_key
