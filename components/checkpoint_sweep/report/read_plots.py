"""The plots of all examples together, from TFMA's files: small enough for a page."""

from collections.abc import Iterator, Sequence

from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as proto

from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.report.plots import (
    CalibrationPlot,
    ClassesPlot,
    Plot,
    PlotName,
    ThresholdPlot,
)
from checkpoint_sweep.report.thinning import thin
from checkpoint_sweep.selection.metric_lookup import metric_name, weighted_both_ways
from checkpoint_sweep.tfma_views.results import overall_plots

_MOST_POINTS = 200
_HALF = 0.5
_CALIBRATION_BUCKETS = 25
_MOST_CLASSES = 40


def read_plots(directory: str, model_name: str) -> list[Plot]:
    """Reads a plot for each output, class and kind; none where the config asks for none.

    Args:
        directory: Folder of TFMA's results of one evaluation.
        model_name: Name of the candidate's model spec; "" when it is the only one.
    """
    entries = [
        (metric_types.PlotKey.from_proto(entry.key), entry)
        for record in overall_plots(directory)
        for entry in record.plot_keys_and_values
        if entry.key.model_name in ("", model_name)
    ]
    both = weighted_both_ways(key for key, _ in entries)
    return [plot for key, entry in entries for plot in _of_entry(metric_name(key, both), entry)]


def _of_entry(key: MetricName, entry: proto.PlotsForSlice.PlotKeyAndValue) -> Iterator[Plot]:
    name = PlotName(of=str(key._replace(name="")), name=key.name)
    data = entry.value
    if matrices := data.confusion_matrix_at_thresholds.matrices:
        yield thresholds(name, matrices)
    if buckets := data.calibration_histogram_buckets.buckets:
        yield calibration(name, buckets)
    if multi := data.multi_class_confusion_matrix_at_thresholds.matrices:
        yield from (confusion(name, matrix) for matrix in multi)


def thresholds(
    name: PlotName,
    matrices: Sequence[proto.ConfusionMatrixAtThresholds.ConfusionMatrixAtThreshold],
    most: int = _MOST_POINTS,
) -> ThresholdPlot:
    """Takes the counts at evenly spaced ones of TFMA's thresholds that are neither infinity.

    The one nearest to 0.5 is among them, since metrics such as precision have that threshold.
    """
    known = [m for m in matrices if 0 <= m.threshold <= 1] or list(matrices)
    used = thin(known, most)
    half = min(known, key=lambda m: abs(m.threshold - _HALF))
    if half not in used:
        used = sorted([*used, half], key=lambda m: m.threshold)
    return ThresholdPlot(
        **name,
        kind="thresholds",
        threshold=[m.threshold for m in used],
        true_positives=[m.true_positives for m in used],
        false_positives=[m.false_positives for m in used],
        true_negatives=[m.true_negatives for m in used],
        false_negatives=[m.false_negatives for m in used],
    )


def calibration(
    name: PlotName,
    buckets: Sequence[proto.CalibrationHistogramBuckets.Bucket],
    most: int = _CALIBRATION_BUCKETS,
) -> CalibrationPlot:
    """Takes the means of prediction and label in groups of neighbouring buckets with examples.

    The groups are of nearly equal numbers of examples, so that none is of a few.
    """
    filled = [b for b in buckets if b.num_weighted_examples.value > 0]
    total = sum(b.num_weighted_examples.value for b in filled)
    groups: list[list[float]] = []
    before = 0.0
    last = -1
    for bucket in filled:
        sums = (
            bucket.num_weighted_examples.value,
            bucket.total_weighted_refined_prediction.value,
            bucket.total_weighted_label.value,
        )
        group = min(int(before / total * most), most - 1)
        if group != last:
            groups.append([0.0, 0.0, 0.0])
            last = group
        groups[-1] = [a + b for a, b in zip(groups[-1], sums, strict=True)]
        before += sums[0]
    return CalibrationPlot(
        **name,
        kind="calibration",
        examples=[count for count, _, _ in groups],
        prediction=[prediction / count for count, prediction, _ in groups],
        label=[label / count for count, _, label in groups],
    )


def confusion(
    name: PlotName, matrix: proto.MultiClassConfusionMatrixAtThresholds.MultiClassConfusionMatrix
) -> ClassesPlot:
    """Takes the counts by actual and predicted class; -1 is what is below the threshold."""
    classes = sorted({c for e in matrix.entries for c in (e.actual_class_id, e.predicted_class_id)})
    kept = set(classes[:_MOST_CLASSES])
    entries = [
        (e.actual_class_id, e.predicted_class_id, e.num_weighted_examples)
        for e in matrix.entries
        if {e.actual_class_id, e.predicted_class_id} <= kept
    ]
    return ClassesPlot(
        **name,
        kind="classes",
        threshold=matrix.threshold,
        entries=entries,
        classes_left_out=len(classes) - len(kept),
    )
