"""The tracked metrics: those whose uncertainty is estimated, and on which slices."""

import copy
import dataclasses
from collections.abc import Mapping, Sequence, Set

from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.common import digests
from checkpoint_sweep.common.eval_config import computations_of, thresholds_of
from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.evaluation.plan.plan import split_config
from checkpoint_sweep.evaluation.tfma_internals import SliceKey
from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.metric_lookup import (
    computed_metrics,
    metric_name,
    names_computed_both_ways,
)
from checkpoint_sweep.selection.selection import Selection

# Slices by their features and values as text; None for any value.
_Pattern = tuple[tuple[str, str | None], ...]


@dataclasses.dataclass(frozen=True)
class UncertaintySpec:
    """The metrics whose uncertainty is estimated, since they decide, and on which slices.

    Attributes:
        eval_config: Config with the tracked metrics only.
        names: Names of the tracked metrics.
        chosen: Slices to choose on; none without a selection.
        thresholds: Slices that have thresholds.
        everywhere: Whether a threshold holds on every slice.
        cluster_key: Feature whose examples of one value share a fold; None for none.
    """

    eval_config: config_pb2.EvalConfig
    names: frozenset[MetricName]
    chosen: tuple[_Pattern, ...]
    thresholds: tuple[config_pb2.SlicingSpec, ...]
    everywhere: bool = False
    cluster_key: str | None = None

    @property
    def computed_both_ways(self) -> Set[MetricName]:
        """The names, without weighting, of tracked metrics that are computed both ways."""
        return {name._replace(weighting="") for name in self.names if name.weighting}

    def applies(self, key: SliceKey) -> bool:
        """Tells whether the selection or a threshold looks at a slice."""
        if self.everywhere or not key:
            return True
        name = SliceName.of(key)
        if any(_fits(name, pattern) for pattern in self.chosen):
            return True
        return any(
            slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(key)
            for spec in self.thresholds
        )

    def parts(self) -> Mapping[str, config_pb2.EvalConfig]:
        """Splits the config by query key; "" is the key of the metrics without one."""
        return {
            key: part for key, part in split_config(self.eval_config).items() if part.metrics_specs
        }

    @property
    def digest(self) -> str:
        """Digest that is the same for equal specs."""
        specs = sorted(spec.SerializeToString(deterministic=True) for spec in self.thresholds)
        return digests.of_parts(
            self.eval_config.SerializeToString(deterministic=True),
            repr((self.chosen, self.everywhere)),
            *specs,
            *([f"cluster_key={self.cluster_key}"] if self.cluster_key is not None else []),
        )


def find_tracked_metrics(
    eval_config: config_pb2.EvalConfig,
    selection: Selection | None,
    cluster_key: str | None = None,
    others: Sequence[Selection] = (),
) -> UncertaintySpec | None:
    """Finds the metrics that decide: the selection metric, and those with a threshold on a slice.

    TFMA holds a threshold without slices to hold on every slice. All slices are summed by fold
    only where bounds decide, or there is no selection: that takes as many more sums.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        selection: Metric to choose by; None to judge by thresholds only.
        cluster_key: Feature whose examples of one value share a fold; None for none.
        others: Further metrics that decide, on their slices.

    Returns:
        The tracked metrics; None if the config has neither the selection metric nor thresholds.
    """
    thresholds = thresholds_of(eval_config)
    slices: list[config_pb2.SlicingSpec] = []
    both = names_computed_both_ways(eval_config)
    names: set[MetricName] = set()
    everywhere = False
    for key, entries in thresholds.items():
        for spec, _ in entries:
            if spec is None:
                everywhere = (
                    selection is None or selection.threshold_mode is ThresholdMode.CONFIDENT
                )
            elif not isinstance(spec, config_pb2.SlicingSpec):
                continue
            elif spec not in slices:
                slices.append(spec)
            names.add(metric_name(key, both))
    chosen: tuple[_Pattern, ...] = ()
    for deciding in [*([] if selection is None else [selection]), *others]:
        names |= _names_that_decide(deciding, eval_config, both)
        chosen = (*chosen, *(key for key in deciding.patterns if key not in chosen))
    reduced = copy.deepcopy(eval_config)
    del reduced.metrics_specs[:]
    reduced.options.ClearField("compute_confidence_intervals")
    reduced.options.ClearField("confidence_intervals")
    del reduced.cross_slicing_specs[:]
    for metrics_spec in eval_config.metrics_specs:
        kept = [
            metric
            for metric in metrics_spec.metrics
            if names & names_of(eval_config, metrics_spec, metric, both)
        ]
        if kept:
            part = reduced.metrics_specs.add()
            part.CopyFrom(metrics_spec)
            del part.metrics[:]
            part.metrics.extend(kept)
    if not reduced.metrics_specs:
        return None
    return UncertaintySpec(
        reduced, frozenset(names), chosen, tuple(slices), everywhere, cluster_key
    )


def _fits(name: SliceName, pattern: _Pattern) -> bool:
    return len(name) == len(pattern) and all(
        feature == own and value in (None, actual)
        for (own, actual), (feature, value) in zip(name, pattern, strict=True)
    )


def _names_that_decide(
    selection: Selection, eval_config: config_pb2.EvalConfig, both: Set[MetricName]
) -> set[MetricName]:
    if not selection.is_composite:
        return {selection.single_name}
    known = {metric_name(key, both) for key in computed_metrics(eval_config)}
    return {name for name in known if str(name) in selection.metrics}


def names_of(
    eval_config: config_pb2.EvalConfig,
    metrics_spec: config_pb2.MetricsSpec,
    metric: config_pb2.MetricConfig,
    both: Set[MetricName],
) -> set[MetricName]:
    """Finds the names of one metric in the results, for all outputs, classes and averages.

    Args:
        eval_config: Evaluation config with its defaults.
        metrics_spec: MetricsSpec that has the metric.
        metric: Metric to name.
        both: Names, without weighting, of metrics that the whole config computes both ways.
    """
    return {
        metric_name(key, both)
        for computation in computations_of(eval_config, metrics_spec, metric)
        for key in computation.keys
        if isinstance(key, metric_types.MetricKey) and not isinstance(key, metric_types.PlotKey)
    }
