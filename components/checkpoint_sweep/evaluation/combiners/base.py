"""What a twin is: a TFMA leaf combiner that adds a whole batch, for all models, at once."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import apache_beam as beam
import numpy as np
from checkpoint_sweep.evaluation import metric_inputs as views_lib

# What a batch adds: buckets, and one array for each column; all broadcast to
# (models, examples, values).
Contribution = tuple[np.ndarray | int, Sequence[np.ndarray]]


class Twin:
    """The vectorised form of one TFMA combiner.

    A twin adds float64 sums over (slice, model, bucket); at the end ``accumulator`` turns the
    sums of one slice and model into the accumulator that TFMA's combiner would hold, and TFMA's
    ``extract_output`` takes it from there.

    Args:
        combiner: an instance of ``combines``, or of the class that names this twin, exactly.
    """

    combines: ClassVar[type[beam.CombineFn]]
    columns: ClassVar[int] = 1

    def __init__(self, combiner: Any) -> None:
        self.combiner = combiner

    @classmethod
    def unsupported(cls, combiner: Any) -> str | None:
        """Why this combiner's configuration needs TFMA's own code; None when it does not."""
        if getattr(combiner, "_extract_label_prediction_and_weight", None) not in (
            None,
            views_lib.metric_util.to_label_prediction_example_weight,
        ):
            return "it extracts labels and predictions in a way of its own"
        return None

    @property
    def buckets(self) -> int:
        """Number of buckets; those that a batch adds to are below it."""
        return 1

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """What ``update`` needs of a batch.

        Raises:
            views_lib.UnsupportedError: TFMA's own code has to take the batch.
        """
        return [inputs.view(view_spec(self.combiner))]

    def update(self, views: list[views_lib.View]) -> Iterator[Contribution]:
        """What a batch adds; the views hold the same examples."""
        raise NotImplementedError

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """TFMA's accumulator from sums.

        Args:
            buckets: (nnz,) int64, ascending.
            values: (nnz, columns) float64.
        """
        raise NotImplementedError

    def output(self, buckets: np.ndarray, values: np.ndarray) -> dict[Any, Any]:
        """What TFMA's combiner puts into the metrics of a slice, from sums."""
        return self.combiner.extract_output(self.accumulator(buckets, values))


class TotalsTwin(Twin):
    """A twin for an accumulator whose attributes are plain totals.

    A subclass names the attributes and gives the term that each example adds to each.
    """

    fields: ClassVar[tuple[str, ...]]
    columns = -1  # Set from ``fields``.
    flatten: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        if "fields" in cls.__dict__:
            cls.columns = len(cls.fields)

    def views(self, inputs: views_lib.Inputs) -> list[views_lib.View]:
        """One view, flat unless the subclass says otherwise."""
        return [inputs.view(view_spec(self.combiner, flatten=self.flatten))]

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        """One array for each field."""
        raise NotImplementedError

    def update(self, views: list[views_lib.View]) -> Iterator[Contribution]:
        """The terms, in one bucket."""
        (view,) = views
        yield 0, self.terms(view.label, view.prediction, view.weight)

    def accumulator(self, buckets: np.ndarray, values: np.ndarray) -> Any:
        """TFMA's accumulator with its attributes set to the totals."""
        result = self.combiner.create_accumulator()
        for field, total in zip(self.fields, values.sum(axis=0), strict=True):
            setattr(result, field, float(total))
        return result


def view_spec(combiner: Any, **changes: Any) -> views_lib.ViewSpec:
    """The view that a combiner's own arguments ask for, with ``changes``."""
    key = getattr(combiner, "_key", None) or getattr(combiner, "_metric_key", None)
    arguments = {
        "output_name": key.output_name if key else "",
        "sub_key": key.sub_key if key else None,
        "aggregated": getattr(combiner, "_aggregation_type", None) is not None,
        "class_weights": tuple(sorted((getattr(combiner, "_class_weights", None) or {}).items())),
        "example_weighted": combiner._example_weighted,
        **changes,
    }
    return views_lib.ViewSpec(**arguments)
