"""A metric's value, and its values without one bucket of examples after the other."""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from checkpoint_sweep.selection.formatting import plain

Array = npt.NDArray[np.float64]

# How far the value of the buckets together may be from the one that is shown: a part of its
# standard error, and of the value, which sums in another order may differ by.
_PART_OF_ERROR = 1e-3
_ROUNDING = 1e-9


@dataclasses.dataclass(frozen=True)
class Replicates:
    """One metric of one model on one slice.

    Buckets are the same examples for all models that were evaluated on the same data, so that
    the errors of two models are compared bucket by bucket.

    Attributes:
        value: Value on all examples.
        left_out: Value without each bucket, (buckets,); NaN where it is not defined.
        examples: Number of examples in each bucket, (buckets,).
        rarer_label: Number of examples with the rarer of the labels 0 and 1; None for other labels.
        between_thresholds: Share of both classes that is between two thresholds, so that an area
            under a curve takes it for ties; None where that is little, and for other metrics.
        obstacle: Why they tell no error of the value; None if they do.
        bounds: Smallest and largest value that the metric can have; None where not known.
        caution: Why an interval from them is not to be trusted, beside what they show themselves;
            None for no other reason.
        cluster_key: Feature whose examples of one value share a bucket; None for none.
    """

    value: float
    left_out: tuple[float, ...]
    examples: tuple[int, ...]
    rarer_label: int | None = None
    between_thresholds: float | None = None
    obstacle: str | None = None
    bounds: tuple[float, float] | None = None
    caution: str | None = None
    cluster_key: str | None = None

    def around(self, shown: float) -> "Replicates":
        """Moves the replicates to the value that is shown, if they are of that very metric.

        Those of another, as of coarser thresholds, say nothing of its error: they have none.

        Args:
            shown: Value on all examples, as it is reported.
        """
        shift = shown - self.value
        influences = self.influences()
        error = 0.0 if influences is None else math.sqrt(float(influences @ influences))
        if abs(shift) <= max(_PART_OF_ERROR * error, _ROUNDING * abs(shown)):
            left_out = tuple(number + shift for number in self.left_out)
            return dataclasses.replace(self, value=shown, left_out=left_out)
        together = plain(self.value, apart_from=[shown])
        return dataclasses.replace(
            self,
            value=shown,
            left_out=(math.nan,) * len(self.left_out),
            obstacle=f"its parts together give {together}: its error is unknown",
        )

    def minus(self, other: "Replicates") -> "Replicates":
        """Subtracts the values of another model, on the same examples.

        Raises:
            ValueError: The examples are others.
        """
        if self.examples != other.examples:
            raise ValueError("Replicates of other examples have no difference.")
        left_out = tuple(a - b for a, b in zip(self.left_out, other.left_out, strict=True))
        return dataclasses.replace(
            self,
            value=self.value - other.value,
            left_out=left_out,
            between_thresholds=self.between_thresholds or other.between_thresholds,
            obstacle=self.obstacle or other.obstacle,
            bounds=None,
            caution=self.caution or other.caution,
        )

    @property
    def total(self) -> int:
        """Number of examples of the slice."""
        return sum(self.examples)

    def influences(self) -> Array | None:
        """Computes what each bucket with examples adds to the error of the value, (buckets,).

        The sum of squares is the variance of the value, the sum of products with those of another
        metric of the same examples the covariance: the jackknife with groups of unequal sizes.
        Source: Busing, Meijer and van der Leeden, "Delete-m jackknife for unequal m", Statistics
        and Computing 9 (1999), equation 10.

        Returns:
            None with less than two buckets that have examples, or where the metric is not defined
            without one of them.
        """
        size = np.asarray(self.examples, np.float64)
        kept = size > 0
        buckets = int(kept.sum())
        left_out = np.asarray(self.left_out, np.float64)[kept]
        if buckets < 2 or not np.isfinite(left_out).all() or not np.isfinite(self.value):
            return None
        share = size[kept] / size.sum()
        estimate = buckets * self.value - ((1 - share) * left_out).sum()
        pseudo_values = self.value / share - (1 / share - 1) * left_out
        return (pseudo_values - estimate) / np.sqrt(buckets * (1 / share - 1))
