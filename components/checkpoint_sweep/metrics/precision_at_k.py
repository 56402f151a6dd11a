"""Precision at k: how much of a model's k highest-scored classes is relevant.

``P@k = |relevant classes among the k highest scores| / k`` for one example, and the weighted mean
of it over examples. Source: Manning, Raghavan and Schütze, "Introduction to Information
Retrieval", section 8.4. With one label per example it is the top-k accuracy divided by k.
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


class PrecisionAtK(metric_types.Metric):
    """Precision at k of class scores.

    Scores have shape (classes,) per example; of equal scores the lower class comes first. A label
    is either the number of one class, or a vector (classes,) whose positive entries are relevant.
    """

    def __init__(self, k: int = 1, name: str | None = None) -> None:
        """Names the metric ``precision_at_<k>`` unless told otherwise.

        Raises:
            ValueError: k is below 1.
        """
        if k < 1:
            raise ValueError(f"PrecisionAtK: k is {k}; it must be at least 1.")
        super().__init__(
            metric_util.merge_per_key_computations(_computations),
            k=k,
            name=name or f"precision_at_{k}",
        )


metric_types.register_metric(PrecisionAtK)


def precision_at_k(label: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    """Precision at k of each example.

    Args:
        label: (..., 1) class numbers, or (..., classes) with relevant classes positive.
        scores: (..., classes).
        k: from 1 to the number of classes.

    Returns:
        (..., 1) float64, within [0, 1].
    """
    top = np.argsort(-scores.astype(np.float64), axis=-1, kind="stable")[..., :k]
    if label.shape[-1] == scores.shape[-1]:
        relevant = np.take_along_axis(np.broadcast_to(label, scores.shape), top, -1) > 0
    else:
        relevant = top == label
    return relevant.sum(axis=-1, keepdims=True) / k


def _obstacle(label: np.ndarray, scores: np.ndarray, k: int) -> str | None:
    """Why the metric is not defined for these shapes; None when it is."""
    classes, values = scores.shape[-1], label.shape[-1]
    if k > classes:
        return f"precision at {k} of {classes} classes is not defined; choose a smaller k"
    if values not in (1, classes):
        return f"a label needs 1 or {classes} values, not {values}"
    return None


@dataclasses.dataclass
class _Accumulator:
    weighted_precision: float = 0.0
    weight: float = 0.0


class _PrecisionTwin(base.TotalsTwin):
    """Adds a batch of all models at once."""

    fields = ("weighted_precision", "weight")
    flatten = False

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """All classes of an example together; other shapes are left to the combiner's error."""
        (view,) = super().views(inputs)
        if reason := _obstacle(view.label, view.prediction, self.combiner.k):
            raise views_lib.UnsupportedError(reason)
        return [view]

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Weighted precision and weight."""
        weight = weight.astype(np.float64)
        return precision_at_k(label, prediction, self.combiner.k) * weight, weight


class PrecisionAtKCombiner(beam.CombineFn):
    """The same, example by example, for stock TFMA.

    Args:
        k: number of classes to look at.
        key: of the metric.
        eval_config: as TFMA hands it over.
        example_weighted: whether examples count by their weight.
    """

    twin: ClassVar[type[base.Twin]] = _PrecisionTwin

    def __init__(
        self,
        k: int,
        key: metric_types.MetricKey,
        eval_config: config_pb2.EvalConfig | None,
        example_weighted: bool,
    ) -> None:
        self.k = k
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
            ValueError: the metric is not defined for the shapes of its label and scores.
        """
        for label, scores, weight in metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self._eval_config,
            model_name=self._key.model_name,
            output_name=self._key.output_name,
            example_weighted=self._example_weighted,
            flatten=False,
            require_single_example_weight=True,
        ):
            if reason := _obstacle(label, scores, self.k):
                raise ValueError(f"{self._key.name}: {reason}.")
            number = float(weight.item())
            precision = precision_at_k(label, scores, self.k).item()
            accumulator.weighted_precision += precision * number
            accumulator.weight += number
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_Accumulator]) -> _Accumulator:
        """Adds up the totals."""
        result = _Accumulator()
        for accumulator in accumulators:
            result.weighted_precision += accumulator.weighted_precision
            result.weight += accumulator.weight
        return result

    def extract_output(self, accumulator: _Accumulator) -> dict[metric_types.MetricKey, float]:
        """The weighted mean; NaN without weight."""
        total = accumulator.weight
        return {self._key: accumulator.weighted_precision / total if total else float("nan")}


def _computations(
    k: int,
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
        ValueError: the metric is binarized or aggregated, though it reads all classes.
    """
    if sub_key is not None or aggregation_type is not None:
        raise ValueError(f"{name} reads all classes: take it out of binarize and aggregate.")
    key = metric_types.MetricKey(name, model_name, output_name, example_weighted=example_weighted)
    combiner = PrecisionAtKCombiner(k, key, eval_config, example_weighted)
    return [metric_types.MetricComputation([key], None, combiner)]
