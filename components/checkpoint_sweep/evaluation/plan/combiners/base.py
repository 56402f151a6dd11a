"""A vectorized combiner adds a whole batch, for all models, where TFMA adds an example."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import apache_beam as beam
import numpy as np

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan import metric_inputs
from checkpoint_sweep.evaluation.plan.combiners.rows import (
    Columns,
    RowSums,
    TotalsColumn,
    to_columns,
)

# What a batch adds: buckets, and one array for each column; all broadcast to
# (models, examples, values).
Contribution = tuple[np.ndarray | int, Sequence[np.ndarray]]


class VectorizedCombiner:
    """The vectorized form of one combiner of TFMA.

    It adds float64 sums over (slice, model, bucket); at the end ``accumulator`` turns the sums of
    one slice and model into the accumulator that TFMA's combiner would hold, and TFMA's
    ``extract_output`` takes it from there.

    Attributes:
        combines: Class of TFMA's combiner, if the combiner does not name this class itself.
        columns: Number of sums in a bucket.

    Args:
        combiner: Instance of ``combines``, or of the class that names this one, and of no subclass.
    """

    combines: ClassVar[type[beam.CombineFn]]
    columns: ClassVar[int] = 1

    def __init__(self, combiner: Any) -> None:
        self.combiner = combiner

    @classmethod
    def unsupported_reason(cls, combiner: Any) -> str | None:
        """Says why this combiner's configuration needs TFMA's own code; None if it does not."""
        if not tfma_internals.settings(combiner).standard:
            return "it extracts labels and predictions in a way of its own"
        return None

    @property
    def buckets(self) -> int:
        """Number of buckets; numbers of buckets are below it."""
        return 1

    def inputs(self, batch: metric_inputs.Batch) -> list[metric_inputs.MetricInputs]:
        """Makes the inputs that ``update`` needs of a batch.

        Raises:
            UnsupportedError: TFMA's own code has to take the batch.
        """
        return [batch.inputs(input_spec(self.combiner))]

    def update(self, inputs: list[metric_inputs.MetricInputs]) -> Iterator[Contribution]:
        """Yields what a batch adds; all of ``inputs`` hold the same examples, at least one."""
        raise NotImplementedError

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """Makes TFMA's accumulator of sums.

        Args:
            buckets: Buckets that any example has added to, (nnz,) int64, ascending.
            values: Sums of these buckets, (nnz, columns) float64.
        """
        raise NotImplementedError

    def output(self, buckets: np.ndarray, values: np.ndarray) -> dict[Any, Any]:
        """Computes the metrics that TFMA's combiner gives, from sums."""
        output: dict[Any, Any] = self.combiner.extract_output(self.accumulator(buckets, values))
        return output

    def columns_of(self, rows: RowSums) -> Columns:
        """Computes what ``output`` gives for each of several rows, at least one."""
        return to_columns([self.output(*rows.row(number)) for number in range(len(rows))])

    def columns_of_samples(self, rows: RowSums, present: np.ndarray) -> Columns:
        """Computes what ``output`` gives for each of several samples of the same examples.

        Args:
            rows: Sums of each sample, at least one, all in the same buckets.
            present: Whether an example of the sample has added to the bucket, (nnz,) bool.
        """
        return self.columns_of(rows.only(present))


class TotalsCombiner(VectorizedCombiner):
    """The vectorized form of a combiner whose accumulator's attributes are plain totals.

    A subclass names the attributes and gives the term that each example adds to each.

    Attributes:
        fields: Names of the attributes.
        flatten: Whether each class counts as an example of its own.
    """

    fields: ClassVar[tuple[str, ...]]
    flatten: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        if "fields" in cls.__dict__:
            cls.columns = len(cls.fields)

    def inputs(self, batch: metric_inputs.Batch) -> list[metric_inputs.MetricInputs]:
        """Makes one input, flat unless the subclass says otherwise."""
        return [batch.inputs(input_spec(self.combiner, flatten=self.flatten))]

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """Computes what each example adds, one array for each field."""
        raise NotImplementedError

    def update(self, inputs: list[metric_inputs.MetricInputs]) -> Iterator[Contribution]:
        """Yields the terms, in one bucket."""
        (given,) = inputs
        yield 0, self.terms(given.label, given.prediction, given.weight)

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """Makes TFMA's accumulator, with its attributes set to the totals."""
        result = self.combiner.create_accumulator()
        for field, total in zip(self.fields, values.sum(axis=0), strict=True):
            setattr(result, field, float(total))
        return result

    def columns_of(self, rows: RowSums) -> Columns:
        """Hands TFMA's combiner the totals of one row after the other."""
        kind = type(self)
        its_own = (kind.accumulator, kind.output)
        if self.buckets != 1 or its_own != (TotalsCombiner.accumulator, TotalsCombiner.output):
            return super().columns_of(rows)
        accumulators = TotalsColumn(self.combiner, self.fields, rows.totals())
        return to_columns([self.combiner.extract_output(one) for one in accumulators])


def input_spec(combiner: Any, **changes: Any) -> metric_inputs.InputSpec:
    """Makes the spec of the inputs that a combiner's settings ask for, with ``changes``."""
    settings = tfma_internals.settings(combiner)
    arguments = {
        "output_name": settings.output_name,
        "sub_key": settings.sub_key,
        "aggregated": settings.aggregation_type is not None,
        "class_weights": tuple(sorted(settings.class_weights.items())),
        "example_weighted": settings.example_weighted,
        **changes,
    }
    return metric_inputs.InputSpec(**arguments)
