"""TFMA's comparisons of slices with each other, for all candidates and samples in one step.

TFMA's own transform is for one model, and hands the slices to compare with to a step as a side
input, which some runners compute again for every element.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.aggregate import derive

_Element = tuple[derive.Key, dict[Any, Any]]
_Computations = Sequence[metric_types.CrossSliceMetricComputation]


class AddCrossSlices(beam.PTransform):
    """Adds to the metrics of slices those of pairs of slices, whose key has both slices' keys.

    Source: ``_AddCrossSliceMetrics`` of TFMA 0.46, in
    ``evaluators/metrics_plots_and_validations_evaluator.py``.

    Args:
        specs: Slices to compare.
        computations: TFMA's comparisons beside differences.
    """

    def __init__(
        self, specs: Sequence[config_pb2.CrossSlicingSpec], computations: _Computations
    ) -> None:
        super().__init__()
        self._specs = list(specs)
        self._computations = list(computations)

    def expand(self, metrics: beam.PCollection) -> beam.PCollection:
        """Groups the slices of a candidate and sample, and compares them."""
        return (
            metrics
            | "ByModel" >> beam.Map(_by_model).with_output_types(tuple[tuple[int, int], Any])
            | "Group" >> beam.GroupByKey()
            | "Pairs"
            >> beam.FlatMap(_with_pairs, self._specs, self._computations).with_output_types(Any)
        )


def _by_model(element: _Element) -> tuple[tuple[int, int], _Element]:
    key, _ = element
    return (key.candidate, key.sample), element


def _with_pairs(
    grouped: tuple[Any, Iterable[_Element]],
    specs: Sequence[config_pb2.CrossSlicingSpec],
    computations: _Computations,
) -> Iterator[_Element]:
    """Yields all slices of one candidate and sample, and then the pairs that the specs name."""
    _, elements = grouped
    slices = list(elements)
    yield from slices
    for spec in specs:
        of_baseline = [one for one in slices if _applies([spec.baseline_spec], one)]
        if spec.slicing_specs:
            others = [one for one in slices if _applies(spec.slicing_specs, one)]
        else:
            others = [one for one in slices if not _applies([spec.baseline_spec], one)]
        for key, metrics in of_baseline:
            for other_key, other in others:
                pair = (key.slice_key, other_key.slice_key)
                small = key.small or other_key.small
                difference = compared(metrics, other, computations)
                yield key._replace(slice_key=pair, small=small), difference


def compared(
    baseline: dict[Any, Any], other: dict[Any, Any], computations: _Computations
) -> dict[Any, Any]:
    """Computes the metrics of a pair of slices: the differences, and TFMA's own comparisons.

    Args:
        baseline: Metrics of the slice that others are compared with.
        other: Metrics of the slice that is compared with it.
        computations: TFMA's comparisons beside differences.
    """
    result = {
        key: baseline[key] - value
        for key, value in other.items()
        if key in baseline and _is_of_metric(key)
    }
    for computation in computations:
        result.update(computation.cross_slice_comparison(baseline, other))
    return result


def _is_of_metric(key: metric_types.MetricKey) -> bool:
    other = (metric_types.PlotKey, metric_types.AttributionsKey)
    return not isinstance(key, other) and not tfma_internals.is_private_metrics(key)


def _applies(specs: Iterable[config_pb2.SlicingSpec], element: _Element) -> bool:
    key, _ = element
    return any(
        slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(key.slice_key) for spec in specs
    )
