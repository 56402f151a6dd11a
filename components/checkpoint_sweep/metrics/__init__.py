"""Metrics that TFMA lacks, each one formula; use them by module and class, as any of TFMA's.

    metrics {
      module: "checkpoint_sweep.metrics"
      class_name: "PrecisionAtK"
      config: '"k": 3'
    }

Stock TFMA computes them too, example by example. A metric of one's own is a `Formula`, and a
`BatchMetric` that has it.
"""

from checkpoint_sweep.metrics.batch_metric import BatchMetric, Formula
from checkpoint_sweep.metrics.coefficient_of_determination import CoefficientOfDetermination
from checkpoint_sweep.metrics.precision_at_k import PrecisionAtK
from checkpoint_sweep.metrics.rank_areas import RankAUC, RankAUCPrecisionRecall

__all__ = [
    "BatchMetric",
    "CoefficientOfDetermination",
    "Formula",
    "PrecisionAtK",
    "RankAUC",
    "RankAUCPrecisionRecall",
]
