"""What an EvalConfig asks for: TFMA's computations, each leaf with its twin if it has one."""

import dataclasses
from collections.abc import Sequence

from absl import logging
from checkpoint_sweep.evaluation import combiners
from checkpoint_sweep.evaluation.combiners import base, rebinning
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.evaluators import (
    metrics_plots_and_validations_evaluator as tfma_eval,
)
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils import model_util


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A computation that reads examples.

    Attributes:
        computation: TFMA's.
        combine: TFMA's CombineFn for this computation alone, for examples without array form.
        twin: the vectorised combiner; None to give TFMA every example.
        of_baseline: whether it reads the baseline only, and so is shared by all candidates.
    """

    computation: metric_types.MetricComputation
    combine: tfma_eval._ComputationsCombineFn
    twin: base.Twin | None
    of_baseline: bool


@dataclasses.dataclass(frozen=True)
class Plan:
    """The computations of an evaluation.

    Attributes:
        leaves: in an order that depends on the config only.
        derived: from the leaves' results.
        cross_slice: TFMA's computations over pairs of slices.
        ci_derived: TFMA's computations over confidence intervals.
        candidate_name: the name of a candidate in metric keys, "" without a baseline.
        baseline_name: the name of the baseline in metric keys; None without.
    """

    leaves: Sequence[Leaf]
    derived: Sequence[metric_types.DerivedMetricComputation]
    cross_slice: Sequence[metric_types.CrossSliceMetricComputation]
    ci_derived: Sequence[metric_types.CIDerivedMetricComputation]
    candidate_name: str
    baseline_name: str | None

    def strides(self, models: int) -> dict[int, int]:
        """Codes per row of each leaf with a twin."""
        return {
            index: models * leaf.twin.buckets
            for index, leaf in enumerate(self.leaves)
            if leaf.twin is not None
        }

    def only_baseline(self, keys: Sequence[metric_types.MetricKey]) -> bool:
        """Whether all keys are the baseline's."""
        return _only(keys, self.baseline_name)

    def needs_all_features(self) -> bool:
        """Whether some leaf's preprocessors may read any feature of an example."""
        return any(leaf.twin is None and leaf.computation.preprocessors for leaf in self.leaves)


def make(
    eval_config: config_pb2.EvalConfig, schema: schema_pb2.Schema | None, log: bool = False
) -> Plan:
    """The plan for a config that has its defaults.

    Args:
        log: whether to name the leaves that have no twin.
    """
    separated = tfma_eval._filter_and_separate_computations(
        metric_specs.to_computations(
            list(eval_config.metrics_specs) or [config_pb2.MetricsSpec()],
            eval_config=eval_config,
            schema=schema,
        )
    )
    baseline = model_util.get_baseline_model_spec(eval_config)
    baseline_name = baseline.name if baseline else None
    leaves = []
    without: dict[str, str] = {}
    for computation in sorted(separated.non_derived_computations, key=_order):
        twin, reason = _twin(computation)
        if twin is None:
            without[f"{type(computation.combiner).__name__} ({reason})"] = ""
        leaves.append(
            Leaf(
                computation,
                tfma_eval._ComputationsCombineFn([computation]),
                twin,
                _only(computation.keys, baseline_name),
            )
        )
    if log and without:
        logging.warning(
            "These run TFMA's own code, example by example, and are slower: %s.",
            ", ".join(without),
        )
    faster = [rebinning.faster(computation) for computation in separated.derived_computations]
    return Plan(
        leaves,
        faster,
        separated.cross_slice_computations,
        separated.ci_derived_computations,
        next((s.name for s in eval_config.model_specs if not s.is_baseline), ""),
        baseline_name,
    )


def model_spec(eval_config: config_pb2.EvalConfig, of_baseline: bool) -> config_pb2.ModelSpec:
    """The spec of the candidates or of the baseline."""
    return next(s for s in eval_config.model_specs if s.is_baseline == of_baseline)


def _order(computation: metric_types.MetricComputation) -> tuple[str, ...]:
    """Tells leaves apart. TFMA's own order follows that of proto maps, which is random."""
    keys = (f"{type(key).__name__} {key!r}" for key in computation.keys)
    preprocessors = (str(p.preprocessor_id) for p in computation.preprocessors)
    return (type(computation.combiner).__name__, *keys, *preprocessors)


def _only(keys: Sequence[metric_types.MetricKey], model_name: str | None) -> bool:
    return model_name is not None and all(key.model_name == model_name for key in keys)


def _twin(computation: metric_types.MetricComputation) -> tuple[base.Twin | None, str]:
    """The twin of a computation whose inputs are the standard ones."""
    for preprocessor in computation.preprocessors or ():
        standard = type(preprocessor) is metric_types.StandardMetricInputsPreprocessor
        inputs = {constants.LABELS_KEY, constants.PREDICTIONS_KEY, constants.EXAMPLE_WEIGHTS_KEY}
        if not standard or not set(preprocessor.include_filter) <= inputs:
            return None, f"preprocessor {type(preprocessor).__name__}"
    return combiners.twin_of(computation.combiner)
