"""The plan of an EvalConfig: TFMA's computations, each leaf with its vectorized combiner."""

import copy
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from absl import logging
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils import model_util

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.combiners import base, vectorized
from checkpoint_sweep.evaluation.plan.combiners.by_columns import on_columns
from checkpoint_sweep.evaluation.plan.combiners.rebinning import at_steps, on_arrays
from checkpoint_sweep.evaluation.plan.combiners.rows import Columns
from checkpoint_sweep.evaluation.plan.undefined import average_of_weighted, nan_where_undefined


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A computation that reads examples.

    Attributes:
        computation: TFMA's computation.
        combine: TFMA's CombineFn for this computation alone, for examples that do not fit arrays.
        vectorized: Vectorized combiner; None to give TFMA every example.
        of_baseline: Whether it reads the baseline only, and so is shared by all candidates.
    """

    computation: metric_types.MetricComputation
    combine: tfma_internals.LeafCombineFn
    vectorized: base.VectorizedCombiner | None
    of_baseline: bool


@dataclasses.dataclass(frozen=True)
class Plan:
    """The computations of an evaluation.

    Attributes:
        leaves: Leaves, in an order that depends on the config only.
        derived: TFMA's computations from the leaves' results.
        derived_columns: The same computations, of many slices and models at once.
        cross_slice: TFMA's computations over pairs of slices.
        ci_derived: TFMA's computations over confidence intervals.
        candidate_name: Name of a candidate in metric keys; "" without a baseline.
        baseline_name: Name of the baseline in metric keys; None without a baseline.
    """

    leaves: Sequence[Leaf]
    derived: Sequence[metric_types.DerivedMetricComputation]
    derived_columns: Sequence[Callable[[Columns], Columns]]
    cross_slice: Sequence[metric_types.CrossSliceMetricComputation]
    ci_derived: Sequence[metric_types.CIDerivedMetricComputation]
    candidate_name: str
    baseline_name: str | None

    def strides(self, models: int) -> dict[int, int]:
        """Computes the codes per row of each leaf with a vectorized combiner."""
        return {
            index: models * leaf.vectorized.buckets
            for index, leaf in enumerate(self.leaves)
            if leaf.vectorized is not None
        }

    def is_baseline(self, model: int, models: int) -> bool:
        """Tells whether a model of so many is the baseline, which is the last if there is one."""
        return self.baseline_name is not None and model == models - 1

    def predictions(self, outputs: Sequence[Any], model: int) -> Any:
        """Arranges predictions as TFMA's extracts hold them for a candidate, or for the baseline.

        Args:
            outputs: Outputs of all models.
            model: Number of the model to evaluate.
        """
        if self.baseline_name is None:
            return outputs[model]
        result = {self.baseline_name: outputs[-1]}
        if not self.is_baseline(model, len(outputs)):
            result[self.candidate_name] = outputs[model]
        return result

    def only_baseline(self, keys: Sequence[metric_types.MetricKey]) -> bool:
        """Tells whether all keys are the baseline's."""
        return _only(keys, self.baseline_name)

    def needs_all_features(self) -> bool:
        """Tells whether some leaf's preprocessors may read any feature of an example."""
        return any(
            leaf.vectorized is None and leaf.computation.preprocessors for leaf in self.leaves
        )


def split_config(eval_config: config_pb2.EvalConfig) -> dict[str, config_pb2.EvalConfig]:
    """Splits a config by query key; "" is the key of the metrics without one, and always there."""
    parts = {"": config_pb2.EvalConfig()}
    for key in ("", *(spec.query_key for spec in eval_config.metrics_specs)):
        part = copy.deepcopy(eval_config)
        del part.metrics_specs[:]
        part.metrics_specs.extend(s for s in eval_config.metrics_specs if s.query_key == key)
        parts[key] = part
    return parts


def make(eval_config: config_pb2.EvalConfig, log: bool = False) -> Plan:
    """Makes the plan for a config.


    Args:
        eval_config: Config with its defaults, and with one query key or none.
        log: Whether to log the names of the leaves that have no vectorized combiner.
    """
    separated = tfma_internals.separate_computations(
        metric_specs.to_computations(
            list(eval_config.metrics_specs) or [config_pb2.MetricsSpec()], eval_config=eval_config
        )
    )
    grouped = any(spec.query_key for spec in eval_config.metrics_specs)
    baseline = model_util.get_baseline_model_spec(eval_config)
    baseline_name = baseline.name if baseline else None
    leaves = []
    without: dict[str, str] = {}
    for computation in sorted(separated.non_derived_computations, key=_order):
        combiner, reason = _vectorized(computation, grouped)
        if combiner is None:
            without[f"{type(computation.combiner).__name__} ({reason})"] = ""
        leaves.append(
            Leaf(
                computation,
                tfma_internals.LeafCombineFn([computation]),
                combiner,
                _only(computation.keys, baseline_name),
            )
        )
    if log and without:
        logging.warning(
            "These metrics run TFMA's own code, example by example, which is slower: %s.",
            ", ".join(without),
        )
    from_tfma = list(separated.derived_computations)
    derived = [
        average_of_weighted(at_steps(nan_where_undefined(on_arrays(computation)), computation))
        for computation in from_tfma
    ]
    return Plan(
        leaves,
        derived,
        [on_columns(one, of) for one, of in zip(derived, from_tfma, strict=True)],
        separated.cross_slice_computations,
        separated.ci_derived_computations,
        next((s.name for s in eval_config.model_specs if not s.is_baseline), ""),
        baseline_name,
    )


def shared_leaves(plans: Sequence[Plan]) -> list[tuple[Leaf, list[tuple[int, int]]]]:
    """Lists each distinct leaf once, with the numbers of each plan and of the leaf in it."""
    found: dict[tuple[str, ...], tuple[Leaf, list[tuple[int, int]]]] = {}
    for number, plan in enumerate(plans):
        for index, leaf in enumerate(plan.leaves):
            _, numbers = found.setdefault(_order(leaf.computation), (leaf, []))
            numbers.append((number, index))
    return list(found.values())


def model_spec(eval_config: config_pb2.EvalConfig, of_baseline: bool) -> config_pb2.ModelSpec:
    """Finds the spec of the candidates or of the baseline."""
    return next(s for s in eval_config.model_specs if s.is_baseline == of_baseline)


def _order(computation: metric_types.MetricComputation) -> tuple[str, ...]:
    """Orders leaves and tells them apart; TFMA's order is that of proto maps, which is random."""
    keys = (f"{type(key).__name__} {key!r}" for key in computation.keys)
    preprocessors = (str(p.preprocessor_id) for p in computation.preprocessors or ())
    return (type(computation.combiner).__name__, *keys, *preprocessors)


def _only(keys: Sequence[metric_types.MetricKey], model_name: str | None) -> bool:
    return model_name is not None and all(key.model_name == model_name for key in keys)


def _vectorized(
    computation: metric_types.MetricComputation, grouped: bool
) -> tuple[base.VectorizedCombiner | None, str]:
    """Finds the vectorized combiner of a computation, or the reason why there is none."""
    if grouped:
        return None, "it reads the examples of a query together"
    for preprocessor in computation.preprocessors or ():
        standard = type(preprocessor) is metric_types.StandardMetricInputsPreprocessor
        inputs = {constants.LABELS_KEY, constants.PREDICTIONS_KEY, constants.EXAMPLE_WEIGHTS_KEY}
        if not standard or not set(preprocessor.include_filter) <= inputs:
            return None, f"preprocessor {type(preprocessor).__name__}"
    return vectorized(computation.combiner)
