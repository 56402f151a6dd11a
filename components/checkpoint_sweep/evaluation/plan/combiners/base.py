"""A vectorized combiner adds a whole batch, for all models, where TFMA adds an example."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import apache_beam as beam
import numpy as np

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan import metric_inputs

# What a batch adds: buckets, and one array for each column; all broadcast to
# (models, examples, values).
Contribution = tuple[np.ndarray | int, Sequence[np.ndarray]]


class VectorizedCombiner:
    """The vectorized form of one combiner of TFMA.

    It adds float64 sums over (slice, model, bucket); at the end ``accumulator`` turns the sums of
    one slice and model into the accumulator that TFMA's combiner would hold, and TFMA's
    ``extract_output`` takes it from there.

    Attributes:
        combines: the class of TFMA's combiner, if the combiner does not name this class itself.
        columns: number of sums in a bucket.

    Args:
        combiner: an instance of ``combines``, or of the class that names this one, exactly.
    """

    combines: ClassVar[type[beam.CombineFn]]
    columns: ClassVar[int] = 1

    def __init__(self, combiner: Any) -> None:
        self.combiner = combiner

    @classmethod
    def unsupported_reason(cls, combiner: Any) -> str | None:
        """Why this combiner's configuration needs TFMA's own code; None when it does not."""
        if not tfma_internals.settings(combiner).standard:
            return "it extracts labels and predictions in a way of its own"
        return None

    @property
    def buckets(self) -> int:
        """Number of buckets; those that a batch adds to are below it."""
        return 1

    def inputs(self, batch: metric_inputs.Batch) -> list[metric_inputs.MetricInputs]:
        """What ``update`` needs of a batch.

        Raises:
            UnsupportedError: TFMA's own code has to take the batch.
        """
        return [batch.inputs(input_spec(self.combiner))]

    def update(self, inputs: list[metric_inputs.MetricInputs]) -> Iterator[Contribution]:
        """What a batch adds; all of ``inputs`` hold the same examples, and at least one."""
        raise NotImplementedError

    def coarser(self) -> "VectorizedCombiner":
        """The same with fewer buckets, for what need not be exact; this one if it has no such."""
        return self

    def rebucket(self, bucket: np.ndarray | int) -> np.ndarray | int:
        """The bucket here of a bucket that ``update`` gives."""
        return bucket

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """TFMA's accumulator from sums.

        Args:
            buckets: (nnz,) int64, ascending.
            values: (nnz, columns) float64.
        """
        raise NotImplementedError

    def output(self, buckets: np.ndarray, values: np.ndarray) -> dict[Any, Any]:
        """What TFMA's combiner puts into the metrics of a slice, from sums."""
        output: dict[Any, Any] = self.combiner.extract_output(self.accumulator(buckets, values))
        return output


class TotalsCombiner(VectorizedCombiner):
    """For an accumulator whose attributes are plain totals.

    A subclass names the attributes and gives the term that each example adds to each.

    Attributes:
        fields: names of the attributes.
        flatten: whether each class counts as an example of its own.
    """

    fields: ClassVar[tuple[str, ...]]
    flatten: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        if "fields" in cls.__dict__:
            cls.columns = len(cls.fields)

    def inputs(self, batch: metric_inputs.Batch) -> list[metric_inputs.MetricInputs]:
        """One, flat unless the subclass says otherwise."""
        return [batch.inputs(input_spec(self.combiner, flatten=self.flatten))]

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """One array for each field."""
        raise NotImplementedError

    def update(self, inputs: list[metric_inputs.MetricInputs]) -> Iterator[Contribution]:
        """The terms, in one bucket."""
        (given,) = inputs
        yield 0, self.terms(given.label, given.prediction, given.weight)

    def coarser(self) -> "VectorizedCombiner":
        """The same with fewer buckets, for what need not be exact; this one if it has no such."""
        return self

    def rebucket(self, bucket: np.ndarray | int) -> np.ndarray | int:
        """The bucket here of a bucket that ``update`` gives."""
        return bucket

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """TFMA's accumulator with its attributes set to the totals."""
        result = self.combiner.create_accumulator()
        for field, total in zip(self.fields, values.sum(axis=0), strict=True):
            setattr(result, field, float(total))
        return result


def input_spec(combiner: Any, **changes: Any) -> metric_inputs.InputSpec:
    """The inputs that a combiner's own settings ask for, with ``changes``."""
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
