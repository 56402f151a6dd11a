"""Areas under curves of the ranking itself: each distinct prediction is a threshold."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.metrics.batch_metric import BatchMetric, Formula

_SIGN = np.uint32(1 << 31)


@dataclasses.dataclass(frozen=True)
class _Ranking(Formula):
    """Weights by prediction and class: two buckets for each float32, in their order.

    Most predictions are of one example, and so of one class: a bucket for both would take more.
    """

    fields = ("weight",)
    buckets = 1 << 33

    def obstacle(self, labels: int, predictions: int) -> str | None:
        if (labels, predictions) == (1, 1):
            return None
        return f"one label and one prediction per example are needed, not {labels}, {predictions}"

    def bucket(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        # -0.0 + 0.0 is 0.0. Of negative floats, the larger bits are of the smaller number.
        bits = np.ascontiguousarray(prediction + 0.0, np.float32).view(np.uint32)
        rank = np.where(bits & _SIGN, ~bits, bits | _SIGN).astype(np.int64)
        return 2 * rank + (label.astype(np.int64) if _is_whole(label) else np.arange(2))

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        if _is_whole(label):
            return (weight,)
        return (weight * np.concatenate([1 - label, label], axis=-1),)

    def value(self, buckets: np.ndarray, totals: np.ndarray) -> float:
        rank = buckets >> 1
        new = np.ones(rank.size, bool)
        np.not_equal(rank[1:], rank[:-1], out=new[1:])
        row, weight = np.cumsum(new) - 1, totals[:, 0]
        negative, positive = (
            np.bincount(row, weight * (buckets & 1 == label), int(new.sum())) for label in (0, 1)
        )
        return self.area(positive, negative)

    def area(self, positive: np.ndarray, negative: np.ndarray) -> float:
        """Computes the area from the weights of both classes, by prediction, ascending."""
        raise NotImplementedError


def _is_whole(label: np.ndarray) -> bool:
    """Tells whether each example is of one class, and not a part of it."""
    return bool(((label == 0) | (label == 1)).all())


class _Area(_Ranking):
    def area(self, positive: np.ndarray, negative: np.ndarray) -> float:
        pairs = positive.sum() * negative.sum()
        if not pairs:
            return math.nan
        below = np.cumsum(negative) - negative
        return float((positive * (below + negative / 2)).sum() / pairs)


class _AveragePrecision(_Ranking):
    def area(self, positive: np.ndarray, negative: np.ndarray) -> float:
        positive, negative = positive[::-1], negative[::-1]
        if not positive.sum() or not negative.sum():
            return math.nan
        found = np.cumsum(positive)
        precision = found / np.maximum(found + np.cumsum(negative), np.finfo(float).tiny)
        return float((positive * precision).sum() / positive.sum())


class RankAUC(BatchMetric):
    """Area under the ROC curve, exactly: the share of pairs that are ranked right.

    ``sum(w_i w_j [p_i > p_j] + w_i w_j [p_i = p_j] / 2) / sum(w_i w_j)`` over the pairs of a
    positive ``i`` and a negative ``j``. TFMA's ``AUC`` takes predictions between two of its 10,000
    thresholds in [0, 1] for ties, so that it says little of predictions that are close to each
    other, and nothing of logits. This one has a threshold at each distinct prediction, as float32:
    what differs by less than 6e-8 of itself is a tie. NaN if one class has no weight.

    Each distinct prediction of a model and slice takes 16 bytes, and 16 more if it is of both
    classes; as many again where its standard error is estimated. At the peak, where sums are merged
    and handed on, a sweep takes 80 to 130 bytes more for each than by ``AUC``. Labels are between 0
    and 1.

    >>> from checkpoint_sweep.metrics import RankAUC
    >>> RankAUC().name
    'rank_auc'

    Source: Hanley and McNeil, "The meaning and use of the area under a ROC curve" (1982); the value
    is that of ``sklearn.metrics.roc_auc_score``.
    """

    def __init__(self, name: str = "rank_auc") -> None:
        super().__init__(_Area(), name)


class RankAUCPrecisionRecall(BatchMetric):
    """Area under the precision-recall curve, exactly: the average precision.

    ``sum((R_k - R_{k-1}) P_k)`` over the distinct predictions from the highest on, as float32,
    where ``P_k`` and ``R_k`` are precision and recall of what is predicted at least as high. TFMA's
    ``AUCPrecisionRecall`` interpolates between its 10,000 thresholds in [0, 1]. NaN if one class
    has no weight; memory and labels as of `RankAUC`.

    >>> from checkpoint_sweep.metrics import RankAUCPrecisionRecall
    >>> RankAUCPrecisionRecall().name
    'rank_auc_precision_recall'

    Source: ``sklearn.metrics.average_precision_score``, from which it differs without a positive.
    """

    def __init__(self, name: str = "rank_auc_precision_recall") -> None:
        super().__init__(_AveragePrecision(), name)


metric_types.register_metric(RankAUC)
metric_types.register_metric(RankAUCPrecisionRecall)
