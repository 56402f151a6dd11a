"""The metrics whose uncertainty is estimated, and the slices on which it is."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.common import digests
from checkpoint_sweep.evaluation.plan.plan import split_config
from checkpoint_sweep.evaluation.tfma_internals import SliceKey
from checkpoint_sweep.selection.margin import Margin
from checkpoint_sweep.selection.metric_lookup import MetricName, metric_name
from checkpoint_sweep.selection.selection import Selection

# A slice by its features and their values as text.
_Chosen = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class UncertaintySpec:
    """The metrics whose uncertainty is estimated, since they decide, and on which slices.

    Attributes:
        eval_config: with the metrics that decide, and no others.
        names: of these metrics.
        chosen: the slice to choose on; None without a selection.
        thresholds: the slices that have thresholds.
        everywhere: whether there is a threshold that holds on every slice.
    """

    eval_config: config_pb2.EvalConfig
    names: frozenset[MetricName]
    chosen: _Chosen | None
    thresholds: tuple[config_pb2.SlicingSpec, ...]
    everywhere: bool = False

    def applies(self, key: SliceKey) -> bool:
        """Whether something is decided on a slice."""
        if self.everywhere or not key:
            return True
        if tuple(sorted((feature, str(value)) for feature, value in key)) == self.chosen:
            return True
        return any(
            slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(key)
            for spec in self.thresholds
        )

    def parts(self) -> Mapping[str, config_pb2.EvalConfig]:
        """The configs of each query key that decides, "" for none."""
        return {
            key: part for key, part in split_config(self.eval_config).items() if part.metrics_specs
        }

    @property
    def digest(self) -> str:
        """Equal for what is equal."""
        specs = sorted(spec.SerializeToString(deterministic=True) for spec in self.thresholds)
        return digests.of_parts(
            self.eval_config.SerializeToString(deterministic=True),
            repr((self.chosen, self.everywhere)),
            *specs,
        )


def find_tracked_metrics(
    eval_config: tfma.EvalConfig, selection: Selection | None
) -> UncertaintySpec | None:
    """Finds what decides: the selection metric, and metrics with a threshold on a plain slice.

    TFMA holds a threshold without slices to hold on every slice. What is to be known of all of
    them is summed only where bounds decide, or no selection does: it costs as many sums.

    Args:
        eval_config: with its defaults filled in.
        selection: the metric to choose by; None to judge by thresholds only.

    Returns:
        None if nothing in the config decides.
    """
    thresholds = metric_specs.metric_thresholds_from_metrics_specs(
        eval_config.metrics_specs, eval_config=eval_config
    )
    slices: list[config_pb2.SlicingSpec] = []
    names: set[MetricName] = set()
    everywhere = False
    for key, entries in thresholds.items():
        for spec, _ in entries:
            if spec is None:
                everywhere = selection is None or selection.margin is Margin.CONFIDENT
            elif not isinstance(spec, config_pb2.SlicingSpec):
                continue
            elif spec not in slices:
                slices.append(spec)
            names.add(metric_name(key))
    chosen = None
    if selection is not None:
        names.add((selection.output_name, selection.sub_key, selection.metric))
        chosen = tuple(sorted((key, str(value)) for key, value in selection.slice.items()))
    reduced = config_pb2.EvalConfig()
    reduced.CopyFrom(eval_config)
    del reduced.metrics_specs[:]
    reduced.options.ClearField("compute_confidence_intervals")
    reduced.options.ClearField("confidence_intervals")
    del reduced.cross_slicing_specs[:]
    for metrics_spec in eval_config.metrics_specs:
        kept = [
            metric
            for metric in metrics_spec.metrics
            if names & names_of(eval_config, metrics_spec, metric)
        ]
        if kept:
            part = reduced.metrics_specs.add()
            part.CopyFrom(metrics_spec)
            del part.metrics[:]
            part.metrics.extend(kept)
    if not reduced.metrics_specs:
        return None
    return UncertaintySpec(reduced, frozenset(names), chosen, tuple(slices), everywhere)


def names_of(
    eval_config: config_pb2.EvalConfig,
    metrics_spec: config_pb2.MetricsSpec,
    metric: config_pb2.MetricConfig,
) -> set[MetricName]:
    """Returns what one metric is called in the results, for all outputs, classes and averages."""
    alone = config_pb2.EvalConfig()
    alone.CopyFrom(eval_config)
    del alone.metrics_specs[:]
    spec = alone.metrics_specs.add()
    spec.CopyFrom(metrics_spec)
    del spec.metrics[:]
    spec.metrics.add().CopyFrom(metric)
    computations: list[Any] = metric_specs.to_computations(alone.metrics_specs, eval_config=alone)
    return {
        metric_name(key)
        for computation in computations
        for key in computation.keys
        if isinstance(key, metric_types.MetricKey) and not isinstance(key, metric_types.PlotKey)
    }
