"""R², the coefficient of determination: the share of the labels' variance that is explained.

``R² = 1 - SS_res / SS_tot``, with ``SS_res = sum(w (y - p)^2)`` and ``SS_tot = sum(w (y - m)^2)``,
where ``m`` is the weighted mean of the labels ``y``. 1 is perfect, 0 is as good as always saying
the mean, and below 0 is worse. Source: Draper and Smith, "Applied Regression Analysis", and
``sklearn.metrics.r2_score``, from which it differs for constant labels: NaN here.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import ClassVar

import apache_beam as beam
import numpy as np
from checkpoint_sweep.evaluation import metric_inputs as views_lib
from checkpoint_sweep.evaluation.combiners import base
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.proto import config_pb2

# SS_tot is a difference of sums of squares: below this share of them it is rounding of float64.
_CONSTANT = 1e-12


class CoefficientOfDetermination(metric_types.Metric):
    """R² of a regression with one output per example; NaN when the labels are constant."""

    def __init__(self, name: str = "coefficient_of_determination") -> None:
        super().__init__(metric_util.merge_per_key_computations(_computations), name=name)


metric_types.register_metric(CoefficientOfDetermination)


@dataclasses.dataclass
class _Accumulator:
    weight: float = 0.0
    labels: float = 0.0
    squared_labels: float = 0.0
    squared_errors: float = 0.0


class _DeterminationTwin(base.TotalsTwin):
    """Adds a batch of all models at once."""

    fields = ("weight", "labels", "squared_labels", "squared_errors")
    flatten = False

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """One value per example; other shapes are left to the combiner's error."""
        (view,) = super().views(inputs)
        if view.label.shape[2] != 1 or view.prediction.shape[2] != 1:
            raise views_lib.UnsupportedError("not one output")
        return [view]

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Weight, and weighted label, squared label and squared error."""
        label, prediction = label.astype(np.float64), prediction.astype(np.float64)
        weight = weight.astype(np.float64)
        return weight, weight * label, weight * label**2, weight * (label - prediction) ** 2


class CoefficientOfDeterminationCombiner(beam.CombineFn):
    """The same, example by example, for stock TFMA.

    Args:
        key: of the metric.
        eval_config: as TFMA hands it over.
        example_weighted: whether examples count by their weight.
    """

    twin: ClassVar[type[base.Twin]] = _DeterminationTwin

    def __init__(
        self,
        key: metric_types.MetricKey,
        eval_config: config_pb2.EvalConfig | None,
        example_weighted: bool,
    ) -> None:
        self._key = key
        self._eval_config = eval_config
        self._example_weighted = example_weighted

    def create_accumulator(self) -> _Accumulator:
        """Nothing yet."""
        return _Accumulator()

    def add_input(
        self, accumulator: _Accumulator, element: metric_types.StandardMetricInputs
    ) -> _Accumulator:
        """Adds one example.

        Raises:
            ValueError: it has not one label and one prediction.
        """
        for label, prediction, weight in metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self._eval_config,
            model_name=self._key.model_name,
            output_name=self._key.output_name,
            example_weighted=self._example_weighted,
            flatten=False,
            require_single_example_weight=True,
        ):
            if label.size != 1 or prediction.size != 1:
                raise ValueError(
                    f"{self._key.name} needs one label and one prediction per example, not "
                    f"{label.size} and {prediction.size}."
                )
            y, p, w = (float(value.item()) for value in (label, prediction, weight))
            accumulator.weight += w
            accumulator.labels += w * y
            accumulator.squared_labels += w * y**2
            accumulator.squared_errors += w * (y - p) ** 2
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_Accumulator]) -> _Accumulator:
        """Adds up the totals."""
        totals = np.zeros(len(_DeterminationTwin.fields))
        for accumulator in accumulators:
            totals += dataclasses.astuple(accumulator)
        return _Accumulator(*totals.tolist())

    def extract_output(self, accumulator: _Accumulator) -> dict[metric_types.MetricKey, float]:
        """R² from the totals."""
        a = accumulator
        variation = a.squared_labels - a.labels**2 / a.weight if a.weight else 0.0
        if variation <= _CONSTANT * a.squared_labels:
            return {self._key: float("nan")}
        return {self._key: 1.0 - a.squared_errors / variation}


def _computations(
    name: str,
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
    output_name: str = "",
    sub_key: metric_types.SubKey | None = None,
    aggregation_type: metric_types.AggregationType | None = None,
    example_weighted: bool = False,
) -> metric_types.MetricComputations:
    """One leaf.

    Raises:
        ValueError: the metric is binarized or aggregated.
    """
    if sub_key is not None or aggregation_type is not None:
        raise ValueError(f"{name} is for regression: take it out of binarize and aggregate.")
    key = metric_types.MetricKey(name, model_name, output_name, example_weighted=example_weighted)
    combiner = CoefficientOfDeterminationCombiner(key, eval_config, example_weighted)
    return [metric_types.MetricComputation([key], None, combiner)]
