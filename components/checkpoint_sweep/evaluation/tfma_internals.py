"""Every private name of TFMA, and of its Keras, that the engine builds on, in each known version.

A new version of TFMA changes this file only: it gets a row in ``NAMES``. Tests check that every
name is there and takes the arguments that are expected. With a version that has no row, stock TFMA
evaluates. Over 300 lines, so that for a new version there is one place.
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from tensorflow_model_analysis.contrib.aggregates import binary_confusion_matrices as aggregates
from tensorflow_model_analysis.evaluators import (
    confidence_intervals_util,
    jackknife,
    metrics_plots_and_validations_evaluator,
    poisson_bootstrap,
)
from tensorflow_model_analysis.extractors import features_extractor
from tensorflow_model_analysis.metrics import (
    aggregation,
    binary_confusion_matrices,
    calibration,
    calibration_histogram,
    calibration_plot,
    confusion_matrix_metrics,
    confusion_matrix_plot,
    cross_entropy_metrics,
    exact_match,
    example_count,
    mean_regression_error,
    metric_types,
    metric_util,
    multi_class_confusion_matrix_metrics,
    multi_label_confusion_matrix_plot,
    squared_pearson_correlation,
    tf_metric_wrapper,
    tjur_discrimination,
)
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils.keras_lib import tf_keras
from tensorflow_model_analysis.version import VERSION
from tensorflow_model_analysis.writers import eval_config_writer

# As TFMA's SliceKeyType: pairs of a feature and its value, none for the overall slice.
SliceKey = tuple[tuple[str, Any], ...]

# What is named differently, by the version of TFMA without its last number.
NAMES: Mapping[str, Mapping[str, str]] = {
    "0.46": {"TjurCombiner": "_TJURDiscriminationCombiner"},
    "0.52": {"TjurCombiner": "_TjurDiscriminationCombiner"},
}
# What stands for a ratio of nothing in an area under a curve, and in a plot of confusion matrices:
# an F1, an accuracy, a false positive rate. None where the division is left to itself: NaN.
RATIO_OF_NOTHING: Mapping[str, float | None] = {"0.46": None, "0.52": 0.0}
_version = VERSION.rpartition(".")[0]
_names = NAMES.get(_version, {})


def ratio_of_nothing() -> float | None:
    """Returns what areas and plots of confusion matrices have where a denominator is 0.

    None for what the division gives.
    """
    return RATIO_OF_NOTHING.get(_version)


def unknown_version() -> str | None:
    """Says that the installed TFMA is none whose private names are known; None if it is one."""
    if _version in NAMES:
        return None
    known = " and ".join(f"{version}.*" for version in NAMES)
    return f"TFMA {VERSION} is installed, and the engine is written for {known}"


def _private(module: Any, name: str) -> Any:
    """Returns what a module calls by a private name.

    Where an unknown version has none of that name, it is a class that nothing is of.

    Raises:
        AttributeError: A known version has no such name.
    """
    if _version in NAMES:
        return getattr(module, name)
    return getattr(module, name, type(name, (), {}))


_evaluator: Any = metrics_plots_and_validations_evaluator

# The evaluator's steps.
PreprocessorDoFn = _private(_evaluator, "_PreprocessorDoFn")
add_ci_derived_metrics = _private(_evaluator, "_add_ci_derived_metrics")
compare_slices_and_models = _private(_evaluator, "_AddDerivedCrossSliceAndDiffMetrics")
confidence_interval_params = _private(_evaluator, "_get_confidence_interval_params")
is_private_metrics = _private(_evaluator, "_is_private_metrics")
filter_by_key_type = _private(_evaluator, "_filter_by_key_type")
remove_private_metrics = _private(_evaluator, "_remove_private_metrics")
separate_computations = _private(_evaluator, "_filter_and_separate_computations")
JackknifeCombineFn = _private(jackknife, "_JackknifeSampleCombineFn")
BootstrapCombineFn = _private(poisson_bootstrap, "_BootstrapSampleCombineFn")
SampleMetrics = confidence_intervals_util.SampleMetrics
serialize_eval_run = _private(eval_config_writer, "_serialize_eval_run")

# Used by extractors and metrics.
LABEL_TOLERANCE: float = _private(metric_util, "_EPSILON")
THRESHOLD_TOLERANCE: float = _private(binary_confusion_matrices, "_EPSILON")

# Combiners, one for each vectorized combiner.
ExampleCountCombiner = _private(example_count, "_ExampleCountCombiner")
CalibrationCombiner = _private(calibration, "_WeightedLabelsPredictionsExamplesCombiner")
SquaredPearsonCombiner = _private(squared_pearson_correlation, "_SquaredPearsonCorrelationCombiner")
TjurCombiner = _private(tjur_discrimination, _names.get("TjurCombiner", ""))
ClassWeightsCombiner = _private(aggregation, "_ClassWeightsFromLabelsCombiner")
AbsoluteErrorCombiner = _private(mean_regression_error, "_MeanAbsoluteErrorCombiner")
SquaredErrorCombiner = _private(mean_regression_error, "_MeanSquaredErrorCombiner")
PercentageErrorCombiner = _private(mean_regression_error, "_MeanAbsolutePercentageErrorCombiner")
LogarithmicErrorCombiner = _private(mean_regression_error, "_MeanSquaredLogarithmicErrorCombiner")
BinaryCrossEntropyCombiner = _private(cross_entropy_metrics, "_BinaryCrossEntropyCombiner")
CategoricalCrossEntropyCombiner = _private(
    cross_entropy_metrics, "_CategoricalCrossEntropyCombiner"
)
HistogramCombiner = _private(calibration_histogram, "_CalibrationHistogramCombiner")
BinaryMatrixCombiner = _private(binary_confusion_matrices, "_BinaryConfusionMatrixCombiner")
MultiClassMatrixCombiner = _private(
    multi_class_confusion_matrix_metrics, "_MultiClassConfusionMatrixCombiner"
)
MultiLabelMatrixCombiner = _private(
    multi_label_confusion_matrix_plot, "_MultiLabelConfusionMatrixPlotCombiner"
)
KerasCombiner = _private(tf_metric_wrapper, "_CompilableMetricsCombiner")
ExactMatchCombiner = _private(exact_match, "_ExactMatchCombiner")

# The parts of their accumulators.
MultiLabelMatrix = _private(multi_label_confusion_matrix_plot, "_ConfusionMatrix")
MultiLabelMatrixKey = _private(multi_label_confusion_matrix_plot, "_MatrixEntryKey")
ThresholdEntry = _private(aggregates, "_ThresholdEntry")

_CombineFn: Any = _private(_evaluator, "_ComputationsCombineFn")


class LeafCombineFn(_CombineFn):
    """TFMA's CombineFn for computations, made safe to merge more than once.

    Several combiners of TFMA take the first of the accumulators to merge and then loop over all
    of them: given a list, they count the first one twice. Stock TFMA merges once, so the ratio
    of two such totals survives. Given an iterator, every one counts once.
    """

    def merge_accumulators(self, accumulators: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
        """Merges accumulators, each combiner its own part."""
        return tuple(
            combiner.merge_accumulators(iter(parts))
            for combiner, parts in zip(
                self._combiners, zip(*accumulators, strict=True), strict=True
            )
        )


# NumPy 2 compares a float32 with one of Python's floats in float32, NumPy 1 in float64.
_COMPARES_WIDE = (np.float32(0) + 0.0).dtype == np.float64


def as_compared(predictions: np.ndarray) -> np.ndarray:
    """Returns predictions in the type in which TFMA compares them with thresholds one by one.

    Args:
        predictions: Of any shape and floating type.
    """
    return predictions.astype(np.float64) if _COMPARES_WIDE else predictions


def top_k(predictions: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Finds the classes of the k largest predictions, of equal ones those that TFMA takes.

    TFMA 0.46 leaves equal ones to the partition; later ones take those of the lower classes.

    Args:
        predictions: (..., classes).
        k: Number of classes, from 1 to all.

    Returns:
        The classes in TFMA's order, (..., k) int64, and that of the k-th largest, (..., 1) int64.
    """
    if _version == "0.46":
        top = np.argpartition(predictions, -k, axis=-1)[..., -k:]
        return top, top[..., :1]
    top = np.argsort(-predictions, axis=-1, kind="stable")[..., :k]
    return np.sort(top, axis=-1), top[..., k - 1 :]


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings that most combiners of TFMA have.

    Attributes:
        model_name, output_name, sub_key: Parts of the metric's key.
        aggregation_type: Aggregation over classes; None without one.
        class_weights: Weights of an aggregation over classes.
        example_weighted: Whether examples count by their weight.
        eval_config: Config that TFMA hands over; None where it hands over none.
        standard: Whether it takes labels, predictions and weights by TFMA's standard function.
    """

    model_name: str
    output_name: str
    sub_key: metric_types.SubKey | None
    aggregation_type: metric_types.AggregationType | None
    class_weights: Mapping[int, float]
    example_weighted: bool
    eval_config: config_pb2.EvalConfig | None
    standard: bool


def settings(combiner: Any) -> Settings:
    """Reads the settings of a combiner that names them as TFMA's combiners do."""
    key = getattr(combiner, "_key", None) or getattr(combiner, "_metric_key", None)
    standard = metric_util.to_label_prediction_example_weight
    extract = getattr(combiner, "_extract_label_prediction_and_weight", standard)
    return Settings(
        model_name=key.model_name if key else getattr(combiner, "_model_name", "") or "",
        output_name=key.output_name if key else getattr(combiner, "_output_name", "") or "",
        sub_key=key.sub_key if key else getattr(combiner, "_sub_key", None),
        aggregation_type=getattr(combiner, "_aggregation_type", None),
        class_weights=getattr(combiner, "_class_weights", None) or {},
        example_weighted=bool(getattr(combiner, "_example_weighted", False)),
        eval_config=getattr(combiner, "_eval_config", None),
        standard=extract in (None, standard),
    )


@dataclasses.dataclass(frozen=True)
class HistogramSettings:
    """The settings of a histogram of predictions.

    Attributes:
        key: Key of its result.
        left, width: Range of the buckets: where it begins, and its width.
        buckets: Number of buckets, without the two outside of the range.
        fractional_labels: Whether labels are shares of the positive class.
        by_prediction: Whether predictions, rather than labels, choose the bucket.
    """

    key: metric_types.MetricKey
    left: float
    width: float
    buckets: int
    fractional_labels: bool
    by_prediction: bool


def histogram_settings(combiner: Any) -> HistogramSettings:
    """Reads the settings of a ``HistogramCombiner``."""
    return HistogramSettings(
        combiner._key,
        combiner._left,
        combiner._range,
        combiner._num_buckets,
        bool(combiner._fractional_labels),
        bool(combiner._prediction_based_bucketing),
    )


@dataclasses.dataclass(frozen=True)
class BinaryMatrixSettings:
    """The settings of binary confusion matrices.

    Attributes:
        thresholds: Thresholds of the predictions.
        samples_examples: Whether it also keeps ids of examples.
        fractional_labels: Whether labels are shares of the positive class.
    """

    thresholds: Sequence[float]
    samples_examples: bool
    fractional_labels: bool


def binary_matrix_settings(combiner: Any) -> BinaryMatrixSettings:
    """Reads the settings of a ``BinaryMatrixCombiner``."""
    return BinaryMatrixSettings(
        list(combiner._binary_confusion_matrices._thresholds),
        bool(combiner._example_id_key),
        bool(combiner._enable_fractional_labels),
    )


def matrix_thresholds(combiner: Any) -> Sequence[float]:
    """Reads the thresholds of a ``MultiClassMatrixCombiner`` or a ``MultiLabelMatrixCombiner``."""
    return list(combiner._thresholds)


def weighted_class_ids(combiner: Any) -> Sequence[int]:
    """Sorts the classes of a ``ClassWeightsCombiner``: TFMA's order, a proto map's, is random."""
    return sorted(combiner._class_ids)


def cross_entropy_settings(combiner: Any) -> tuple[bool, float]:
    """Reads whether a cross entropy's predictions are logits, and its label smoothing."""
    return bool(combiner._from_logits), float(combiner._label_smoothing)


def keras_metrics(combiner: Any) -> list[tuple[str, list[Any]]]:
    """Lists the metrics of each output of a ``KerasCombiner``, in its accumulators' order."""
    combiner.setup()
    return [(name, list(combiner._metrics[name])) for name in combiner._output_names]


def keras_takes_top_k(combiner: Any) -> bool:
    """Tells whether the metrics of a ``KerasCombiner`` choose the top k themselves."""
    return bool(combiner._sub_key_in_config)


def keras_function(metric: Any) -> Callable[[Any, Any], Any] | None:
    """Returns the function of label and prediction whose mean a Keras metric is; None if none.

    Args:
        metric: Keras metric, a ``tf.keras.metrics.Metric``.
    """
    wrapper = tf_keras.metrics.MeanMetricWrapper
    if (
        not isinstance(metric, wrapper)
        or type(metric).update_state is not wrapper.update_state
        or type(metric).result is not wrapper.result
    ):
        return None
    return lambda label, prediction: metric._fn(label, prediction, **metric._fn_kwargs)


def keras_hinge_power(metric: Any) -> int | None:
    """Returns 1 if a Keras metric is the mean of a hinge, 2 if of a squared one, else None."""
    if keras_function(metric) is None:
        return None
    return {tf_keras.losses.hinge: 1, tf_keras.losses.squared_hinge: 2}.get(metric._fn)


def keras_mask(values: Any) -> Any | None:
    """Returns the mask that a Keras function has left on its result; None without one."""
    return getattr(values, "_keras_mask", None)


def split_serialized(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, np.ndarray | None]:
    """Splits a batch into the columns that become features, and the serialized examples."""
    features, serialized = features_extractor._drop_unsupported_columns_and_fetch_raw_data_column(
        batch
    )
    return features, serialized


@dataclasses.dataclass(frozen=True)
class HistogramMatrices:
    """A derived computation of binary confusion matrices from a histogram.

    Attributes:
        thresholds: Thresholds of the matrices.
        histogram: Key of the histogram in the metrics of a slice.
        matrices: Key of the result.
    """

    thresholds: Sequence[float]
    histogram: metric_types.MetricKey
    matrices: metric_types.MetricKey


def histogram_matrices(
    computation: metric_types.DerivedMetricComputation,
) -> HistogramMatrices | None:
    """Reads the keys of a derived computation, if it is TFMA's of matrices from a histogram.

    TFMA's computation is a function inside of a function: its code is one of the constants of
    the code around it.
    """
    scope = _closure(computation, binary_confusion_matrices.binary_confusion_matrices)
    if scope is None or not scope["use_histogram"]:
        return None
    return HistogramMatrices(scope["thresholds"], scope["input_metric_key"], scope["matrices_key"])


def matrices_of_accumulators(
    computation: metric_types.DerivedMetricComputation,
) -> HistogramMatrices | None:
    """Reads the keys of a derived computation, if it is TFMA's of matrices without a histogram.

    The key of the histogram is that of the accumulators.
    """
    scope = _closure(computation, binary_confusion_matrices.binary_confusion_matrices)
    if scope is None or scope["use_histogram"] or scope["example_id_key"]:
        return None
    return HistogramMatrices(scope["thresholds"], scope["input_metric_key"], scope["matrices_key"])


@dataclasses.dataclass(frozen=True)
class RatioOfTotals:
    """A derived computation of a ratio of two totals, which is NaN where the second is about 0.

    Attributes:
        numerator, denominator: Attributes of the accumulator.
        totals: Key of the accumulator in the metrics of a slice.
        ratio: Key of the result.
    """

    numerator: str
    denominator: str
    totals: metric_types.MetricKey
    ratio: metric_types.MetricKey


def ratio_of_totals(
    computation: metric_types.DerivedMetricComputation,
) -> RatioOfTotals | None:
    """Reads a derived computation, if it is TFMA's calibration or a mean."""
    labels, predictions, examples = (
        f"total_weighted_{name}" for name in ("labels", "predictions", "examples")
    )
    for around, numerator, denominator in (
        (calibration._calibration, predictions, labels),
        (calibration._mean_label, labels, examples),
        (calibration._mean_prediction, predictions, examples),
    ):
        if scope := _closure(computation, around):
            totals = scope["weighted_labels_predictions_key"]
            return RatioOfTotals(numerator, denominator, totals, scope["key"])
    return None


@dataclasses.dataclass(frozen=True)
class CalibrationPlot:
    """A derived computation of a calibration plot from a histogram.

    Attributes:
        left, right: Range of the histogram and of the plot.
        number: Number of the plot's buckets, without those outside of the range.
        histogram: Key of the histogram in the metrics of a slice.
        plot: Key of the result.
    """

    left: float
    right: float
    number: int
    histogram: metric_types.MetricKey
    plot: metric_types.PlotKey


def calibration_plot_from_histogram(
    computation: metric_types.DerivedMetricComputation,
) -> CalibrationPlot | None:
    """Reads the keys of a derived computation, if it is TFMA's of a calibration plot."""
    scope = _closure(computation, calibration_plot._calibration_plot)
    if scope is None:
        return None
    return CalibrationPlot(
        scope["left"], scope["right"], scope["num_buckets"], scope["histogram_key"], scope["key"]
    )


@dataclasses.dataclass(frozen=True)
class MatricesPlot:
    """A derived computation of a plot of confusion matrices.

    Attributes:
        matrices: Key of the matrices in the metrics of a slice.
        plot: Key of the result.
    """

    matrices: metric_types.MetricKey
    plot: metric_types.PlotKey


def plot_from_matrices(computation: metric_types.DerivedMetricComputation) -> MatricesPlot | None:
    """Reads the keys of a derived computation, if it is TFMA's of a confusion matrix plot."""
    scope = _closure(computation, confusion_matrix_plot.ConfusionMatrixPlot._confusion_matrix_plot)
    return MatricesPlot(scope["matrices_key"], scope["key"]) if scope else None


@dataclasses.dataclass(frozen=True)
class MetricOfMatrices:
    """A derived computation of a metric from binary confusion matrices.

    Attributes:
        class_names: Names of the metric's class and of its bases.
        is_area: Whether it is TFMA's area under a curve.
        arguments: What its formula takes beside the matrices.
        matrices: Key of the matrices in the metrics of a slice.
    """

    class_names: frozenset[str]
    is_area: bool
    arguments: Mapping[str, Any]
    matrices: metric_types.MetricKey


def is_of_matrices(metric: Any) -> bool:
    """Returns whether a metric is one of TFMA's that it reads off confusion matrices."""
    return isinstance(metric, confusion_matrix_metrics.ConfusionMatrixMetricBase)


def metric_of_matrices(
    computation: metric_types.DerivedMetricComputation,
) -> MetricOfMatrices | None:
    """Returns what a derived computation reads, if it is TFMA's of a confusion matrix metric."""
    base = confusion_matrix_metrics.ConfusionMatrixMetricBase
    scope = _closure(computation, base._metric_computations)
    if scope is None:
        return None
    kind = type(scope["self"])
    names = frozenset(one.__name__ for one in kind.__mro__)
    is_area = kind._metric_value is confusion_matrix_metrics.AUC._metric_value
    return MetricOfMatrices(names, is_area, scope["kwargs"], scope["matrices_key"])


def _closure(
    computation: metric_types.DerivedMetricComputation, around: Callable[..., Any]
) -> Mapping[str, Any] | None:
    """Reads the closure of a computation whose function is defined in ``around``; else None."""
    code = getattr(computation.result, "__code__", None)
    if code is None or code not in around.__code__.co_consts:
        return None
    return inspect.getclosurevars(computation.result).nonlocals
