"""The weights of the last checkpoints in their average: pure functions of how many there are."""

import enum
import math

# Weight of a checkpoint relative to the next: a moving average with a smoothing of 0.2.
_DECAY = 0.8


class AverageWeights(enum.Enum):
    """Weights of the last n checkpoints; the values are the words of options and names.

    With ``k = 0 ... n - 1`` from the oldest to the newest, before they are divided by their sum:

    - UNIFORM: ``1`` (LAWA: Kaddour, 2022, arXiv:2209.14981).
    - LINEAR: ``k + 1`` (WMA of Li et al., 2025, arXiv:2505.12082).
    - COSINE: ``cos(pi k / n) - cos(pi (k + 1) / n)``, those in the middle weigh most: the average
      that a decay of the learning rate by a cosine from the oldest to the newest comes to, for
      updates that do not depend on it (Tian et al., 2025, arXiv:2507.17634, WSM). For a linear
      decay it is the uniform one.
    - EXPONENTIAL: ``0.8 ** (n - 1 - k)`` (EMA there, cut off after n checkpoints).
    """

    UNIFORM = "uniform"
    LINEAR = "linear"
    COSINE = "cosine"
    EXPONENTIAL = "exponential"

    def of(self, count: int) -> tuple[float, ...]:
        """Returns the weights, oldest first, which sum to 1.

        >>> AverageWeights.LINEAR.of(3)
        (0.16666666666666666, 0.3333333333333333, 0.5)

        Args:
            count: Number of checkpoints, at least 1.
        """
        weights = [self._relative(k, count) for k in range(count)]
        total = math.fsum(weights)
        return tuple(weight / total for weight in weights)

    def _relative(self, k: int, count: int) -> float:
        if self is AverageWeights.LINEAR:
            return k + 1.0
        if self is AverageWeights.COSINE:
            return math.cos(math.pi * k / count) - math.cos(math.pi * (k + 1) / count)
        if self is AverageWeights.EXPONENTIAL:
            return float(_DECAY ** (count - 1 - k))
        return 1.0
