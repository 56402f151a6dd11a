"""Plots that are held as arrays are written, byte for byte, as TFMA writes its protos."""

import pickle
from typing import Any

import hypothesis
import hypothesis.extra.numpy as st_numpy
import numpy as np
import pytest
from hypothesis import strategies as st
from tensorflow_model_analysis.metrics import (
    calibration_plot,
    confusion_matrix_plot,
    metric_types,
)
from tensorflow_model_analysis.proto import metrics_for_slice_pb2
from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as tfma_writer

from checkpoint_sweep.evaluation.plan.combiners import rebinning, thresholds
from checkpoint_sweep.evaluation.plots import wire
from checkpoint_sweep.evaluation.plots.array_plots import ArrayPlot
from checkpoint_sweep.evaluation.plots.records import PlotsRecord

_BUCKETS = metrics_for_slice_pb2.CalibrationHistogramBuckets
_FIELD = _BUCKETS.DESCRIPTOR.fields_by_name["buckets"]
_PLAIN = ["lower_threshold_inclusive", "upper_threshold_exclusive"]
_WRAPPED = ["num_weighted_examples", "total_weighted_label", "total_weighted_refined_prediction"]


@hypothesis.given(
    st_numpy.arrays(np.float64, st.tuples(st.just(5), st.integers(0, 6)), elements=st.floats())
)
@hypothesis.example(
    np.array([[0.0, -0.0], [-np.inf, np.inf], [0.0, 1.0], [-0.0, 0.0], [np.nan, 2]])
)
@hypothesis.settings(deadline=None)
def test_the_bytes_of_messages_are_those_of_protocol_buffers(values):
    columns = dict(zip([*_PLAIN, *_WRAPPED], values, strict=True))
    proto = _BUCKETS()
    for row in values.T.tolist():
        plain, wrapped = dict(zip(_PLAIN, row[:2], strict=True)), row[2:]
        proto.buckets.add(
            **plain, **{k: {"value": v} for k, v in zip(_WRAPPED, wrapped, strict=True)}
        )
    writer = wire.RepeatedDoubles(_FIELD, list(columns))
    assert writer.serialize(columns) == proto.SerializeToString()


def _derived(computations: Any) -> list[metric_types.DerivedMetricComputation]:
    derived = metric_types.DerivedMetricComputation
    return [c for c in computations if isinstance(c, derived)]


def _results(histogram: Any, plots: Any, arrange: Any) -> dict[Any, Any]:
    """All that the plots' computations derive from a histogram."""
    metrics: dict[Any, Any] = {}
    for plot in plots:
        computations = plot.computations()
        metrics[computations[0].keys[0]] = histogram
        for computation in _derived(computations):
            metrics |= arrange(computation).result(metrics)
    # The histogram's key is a PlotKey too, a private one.
    return {key: value for key, value in metrics.items() if not key.name.startswith("_")}


_PLOTS = [
    [calibration_plot.CalibrationPlot()],
    [confusion_matrix_plot.ConfusionMatrixPlot(num_thresholds=10)],
    [confusion_matrix_plot.ConfusionMatrixPlot(), calibration_plot.CalibrationPlot(num_buckets=7)],
    [
        calibration_plot.CalibrationPlot(name="mine"),
        confusion_matrix_plot.ConfusionMatrixPlot(name="other", num_thresholds=3),
        calibration_plot.CalibrationPlot(),
    ],
]


@pytest.mark.parametrize("slice_key", [(), (("hour", 3),), ((), (("hour", 3),))])
@pytest.mark.parametrize("plots", _PLOTS, ids=len)
@pytest.mark.parametrize(
    "buckets", [{}, {0: 1.0}, {1: 2.0, 5000: 0.25, 5001: 3.0, 9999: 7.0, 10001: 0.5}], ids=len
)
def test_a_record_equals_that_of_tfmas_writer(buckets, plots, slice_key):
    codes = np.array(sorted(buckets), np.int64)
    weights = [buckets[code] for code in codes.tolist()]
    values = np.array([[w * (i % 2), w / 3, w] for i, w in enumerate(weights)]).reshape(-1, 3)
    histogram = thresholds.ArrayHistogram(codes, values)
    with np.errstate(all="ignore"):
        theirs = _results(list(histogram), plots, lambda computation: computation)
    ours = _results(histogram, plots, rebinning.on_arrays)
    assert all(isinstance(plot, ArrayPlot) for plot in ours.values())
    record = pickle.loads(pickle.dumps(PlotsRecord.of(slice_key, ours)))
    expected = tfma_writer.convert_slice_plots_to_proto((slice_key, theirs), [])
    actual = metrics_for_slice_pb2.PlotsForSlice.FromString(record.serialize())
    # By text, in which NaN is NaN.
    assert str(actual) == str(expected)
    assert len(record.serialize()) == expected.ByteSize()


def test_plots_that_are_protos_stay_as_they_are():
    histogram = thresholds.ArrayHistogram(np.array([5000]), np.array([[1.0, 0.5, 2.0]]))
    plots = _results(list(histogram), _PLOTS[0], rebinning.on_arrays)
    expected = tfma_writer.convert_slice_plots_to_proto(((), plots), []).SerializeToString()
    assert PlotsRecord.of((), plots).serialize() == expected


def test_a_plot_has_the_attributes_of_its_proto():
    histogram = thresholds.ArrayHistogram(np.array([5000]), np.array([[1.0, 0.5, 2.0]]))
    (plot,) = _results(histogram, _PLOTS[0], rebinning.on_arrays).values()
    assert len(plot.buckets) == 1002
    assert plot.SerializeToString() == plot.serialize()
    with pytest.raises(AttributeError):
        _ = plot.matrices
