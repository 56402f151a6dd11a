"""The outputs of models as arrays of several models, where they fit each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.plan import metric_inputs, probability_thresholds
from checkpoint_sweep.evaluation.plan import plan as plan_lib

# Numbers of models, and a batch with their predictions.
Block = tuple[list[int], metric_inputs.Batch]


def stack_models(
    outputs: Sequence[Any],
    extracts: Mapping[str, Any],
    size: int,
    eval_config: config_pb2.EvalConfig,
    plan: plan_lib.Plan,
    baseline: int | None,
) -> list[Block]:
    """Stacks models whose outputs have the same shapes and are finite on the same examples.

    A model that diverges is on its own, so that it changes nothing for its neighbours; and so is
    the baseline.

    Args:
        outputs: Outputs of each model, as `single_output` gives them.
        extracts: Extracts of the batch, with labels and weights.
        size: Number of examples of the batch.
        eval_config: Config of the evaluation.
        plan: Plan of the metrics, which knows the names of the models.
        baseline: Number of the baseline; None without one.
    """
    groups: dict[Any, list[int]] = {}
    for model, values in enumerate(outputs):
        key = (model == baseline, _shapes(values), _finite(values, size).tobytes())
        groups.setdefault(key, []).append(model)
    blocks = []
    for (of_baseline, *_), models in groups.items():
        name = plan.baseline_name if of_baseline else plan.candidate_name
        batch = metric_inputs.Batch(
            size,
            extracts["labels"],
            extracts.get("example_weights"),
            metric_inputs.stack([outputs[model] for model in models]),
            plan_lib.model_spec(eval_config, of_baseline),
            name or "",
        )
        blocks.append((models, batch))
    return blocks


def count_non_finite(
    blocks: Sequence[Block], eval_config: config_pb2.EvalConfig, models: int
) -> np.ndarray:
    """Counts, for each model, the examples whose predictions are not all finite.

    Args:
        blocks: Blocks of all models, see `stack_models`.
        eval_config: Config of the evaluation.
        models: Number of models.

    Returns:
        (models,) int64.
    """
    result = np.zeros(models, np.int64)
    for numbers, batch in blocks:
        result[numbers] = batch.non_finite(eval_config)
    return result


def count_outside(blocks: Sequence[Block], outputs: Sequence[str], models: int) -> np.ndarray:
    """Counts, for each model, the examples with a prediction outside of [0, 1].

    Args:
        blocks: Blocks of all models, see `stack_models`.
        outputs: Outputs with metrics that need probabilities.
        models: Number of models.

    Returns:
        (models, outputs) int64.
    """
    result = np.zeros((models, len(outputs)), np.int64)
    for numbers, batch in blocks:
        for index, output in enumerate(outputs):
            result[numbers, index] = batch.outside(output, probability_thresholds.TOLERANCE)
    return result


def single_output(values: dict[str, np.ndarray]) -> Any:
    """Returns a model's outputs as TFMA holds them: no dict for a single output."""
    return next(iter(values.values())) if len(values) == 1 else values


def _shapes(outputs: Any) -> Any:
    if isinstance(outputs, dict):
        return tuple((name, value.shape[1:]) for name, value in sorted(outputs.items()))
    return outputs.shape[1:]


def _finite(outputs: Any, size: int) -> np.ndarray:
    """Tells, for each example, whether all outputs of a model are finite, (size,) bool."""
    result = np.ones(size, bool)
    for value in outputs.values() if isinstance(outputs, dict) else [outputs]:
        if value.dtype.kind == "f" and value.shape[:1] == (size,):
            result &= np.isfinite(value).reshape(size, -1).all(axis=1)
    return result
