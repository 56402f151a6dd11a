"""Metrics of one's own, written as one formula over arrays.

A formula says what an example adds to some sums, and what the sums come to. From it follow the
vectorized combiner, which adds whole batches for all models at once, and the combiner with which
stock TFMA adds one example after another:

    @dataclasses.dataclass(frozen=True)
    class _Bias(Formula):
        fields = ("weighted_error", "weight")

        def terms(self, label, prediction, weight):
            return weight * (prediction - label), weight

        def value(self, buckets, totals):
            error, weight = totals.sum(axis=0)
            return error / weight if weight else math.nan

    class Bias(BatchMetric):
        def __init__(self, name: str = "bias") -> None:
            super().__init__(_Bias(), name)

    metric_types.register_metric(Bias)
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.plan.combiners import base
from checkpoint_sweep.evaluation.plan.metric_inputs import Batch, MetricInputs, UnsupportedError

# The sums of one slice: by bucket, one for each field.
Sums = dict[int, np.ndarray]


class Formula:
    """The formula of a metric; a subclass is a frozen dataclass of the metric's settings.

    >>> import dataclasses, math
    >>> import numpy as np
    >>> from checkpoint_sweep.metrics import Formula
    >>> @dataclasses.dataclass(frozen=True)
    ... class Bias(Formula):
    ...     fields = ("weighted_error", "weight")
    ...     def terms(self, label, prediction, weight):
    ...         return weight * (prediction - label), weight
    ...     def value(self, buckets, totals):
    ...         error, weight = totals.sum(axis=0)
    ...         return error / weight if weight else math.nan
    >>> Bias().value(np.array([0]), np.array([[1.5, 3.0]]))
    0.5

    Attributes:
        fields: Names of the sums.
        buckets: Number of separate rows of sums; one is enough for most.
    """

    fields: ClassVar[tuple[str, ...]]
    buckets: ClassVar[int] = 1

    def obstacle(self, labels: int, predictions: int) -> str | None:
        """Says why the metric is not defined for so many values of an example; None if it is."""
        return None

    def bucket(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray | int:
        """Chooses the row that each example adds to: an array like ``terms``, or one number."""
        return 0

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Computes what each example adds to each field.

        Args:
            label: Labels, (1 or models, examples, labels) float64, or class numbers.
            prediction: Predictions, (models, examples, predictions) float64.
            weight: Weights of the examples, (1, examples, 1) float64.

        Returns:
            For each field an array that broadcasts to (models, examples, parts): an example adds
            each of its parts, mostly one, to a row of its own or to the same.
        """
        raise NotImplementedError

    def value(self, buckets: np.ndarray, totals: np.ndarray) -> float:
        """Computes the metric from its sums.

        Args:
            buckets: Rows that any example has added to, (rows,) int64, ascending.
            totals: Sums of these rows, (rows, fields) float64.
        """
        raise NotImplementedError


class BatchMetric(metric_types.Metric):
    """A TFMA metric from a formula; not for binarize or aggregate.

        class Bias(BatchMetric):
            def __init__(self, name: str = "bias") -> None:
                super().__init__(_Bias(), name)

        metric_types.register_metric(Bias)

    An evaluation config names it by module and class, as any metric of TFMA. `_Bias` is a
    `Formula`.

    Args:
        formula: Formula to compute.
        name: Name of the metric.
        settings: Arguments of the subclass's constructor beside the name.
    """

    def __init__(self, formula: Formula, name: str, **settings: Any) -> None:
        def computations(
            name: str,
            eval_config: config_pb2.EvalConfig | None = None,
            model_name: str = "",
            output_name: str = "",
            sub_key: metric_types.SubKey | None = None,
            aggregation_type: metric_types.AggregationType | None = None,
            example_weighted: bool = False,
            **_: Any,
        ) -> metric_types.MetricComputations:
            if sub_key is not None or aggregation_type is not None:
                raise ValueError(
                    f"{name} takes an example whole: keep it out of binarize, aggregate"
                )
            key = metric_types.MetricKey(
                name, model_name, output_name, example_weighted=example_weighted
            )
            combiner = FormulaCombiner(formula, key, eval_config, example_weighted)
            return [metric_types.MetricComputation([key], None, combiner)]

        super().__init__(
            metric_util.merge_per_key_computations(computations), name=name, **settings
        )


class _VectorizedFormula(base.VectorizedCombiner):
    """The vectorized combiner of a formula: adds a batch of all models at once."""

    def __init__(self, combiner: "FormulaCombiner") -> None:
        super().__init__(combiner)
        self.columns = len(combiner.formula.fields)  # type: ignore[misc]

    @property
    def buckets(self) -> int:
        """Number of the formula's rows of sums."""
        return self.combiner.formula.buckets

    def inputs(self, batch: Batch) -> list[MetricInputs]:
        """Makes one input, with all values of an example together.

        Raises:
            UnsupportedError: The metric is not defined for their shapes.
        """
        given = batch.inputs(base.input_spec(self.combiner, flatten=False))
        if reason := self.combiner.formula.obstacle(
            given.label.shape[2], given.prediction.shape[2]
        ):
            raise UnsupportedError(reason)
        return [given]

    def update(self, inputs: list[MetricInputs]) -> Iterator[base.Contribution]:
        """Yields the formula's terms."""
        (given,) = inputs
        yield _contribution(self.combiner.formula, given.label, given.prediction, given.weight)

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Sums:
        """Makes the sums by bucket."""
        return dict(zip(buckets.tolist(), values, strict=True))

    def output(self, buckets: np.ndarray, values: np.ndarray) -> dict[Any, Any]:
        """Computes the metric without the sums as objects, which may be millions."""
        return {self.combiner.key: float(self.combiner.formula.value(buckets, values))}


class FormulaCombiner(beam.CombineFn):
    """The formula, example by example, for stock TFMA.

    Args:
        formula: Formula to compute.
        key: Key of the metric.
        eval_config: Config that TFMA hands over.
        example_weighted: Whether examples count by their weight.
    """

    vectorized: ClassVar[type[base.VectorizedCombiner]] = _VectorizedFormula

    def __init__(
        self,
        formula: Formula,
        key: metric_types.MetricKey,
        eval_config: config_pb2.EvalConfig | None,
        example_weighted: bool,
    ) -> None:
        self.formula = formula
        self.key = key
        self._eval_config = eval_config
        self._example_weighted = example_weighted

    def create_accumulator(self) -> Sums:
        """Returns no sums."""
        return {}

    def add_input(self, accumulator: Sums, element: metric_types.StandardMetricInputs) -> Sums:
        """Adds one example.

        Raises:
            ValueError: The metric is not defined for the shapes of its label and prediction.
        """
        for arrays in metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self._eval_config,
            model_name=self.key.model_name,
            output_name=self.key.output_name,
            example_weighted=self._example_weighted,
            flatten=False,
            require_single_example_weight=True,
        ):
            label, prediction, weight = (array.reshape(1, 1, -1) for array in arrays)
            if reason := self.formula.obstacle(label.size, prediction.size):
                raise ValueError(f"{self.key.name}: {reason}.")
            bucket, terms = _contribution(self.formula, label, prediction, weight)
            rows, *columns = (part.ravel() for part in np.broadcast_arrays(bucket, *terms))
            for row, term in zip(rows.tolist(), np.stack(columns, axis=-1), strict=True):
                accumulator[row] = accumulator.get(row, 0.0) + term
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Sums]) -> Sums:
        """Adds up the sums."""
        result: Sums = {}
        for accumulator in accumulators:
            for row, totals in accumulator.items():
                result[row] = result.get(row, 0.0) + totals
        return result

    def extract_output(self, accumulator: Sums) -> dict[metric_types.MetricKey, float]:
        """Computes the metric from the sums."""
        rows = sorted(accumulator)
        totals = np.zeros((len(rows), len(self.formula.fields)))
        for index, row in enumerate(rows):
            totals[index] = accumulator[row]
        return {self.key: float(self.formula.value(np.array(rows, np.int64), totals))}


def _contribution(
    formula: Formula, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
) -> base.Contribution:
    label, prediction, weight = (a.astype(np.float64) for a in (label, prediction, weight))
    return formula.bucket(label, prediction), formula.terms(label, prediction, weight)
