"""What a console should show of TFMA's results, read by TFMA's own functions."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow_model_analysis as tfma

from tests.support import tfma_metrics


def finite_metrics(results: Path) -> dict[str, float]:
    """The single numbers of all examples."""
    values = tfma_metrics.overall(results)
    return {name: value for name, value in values.items() if math.isfinite(value)}


def assert_classification_is_that_of(results: Path, shown: Mapping[str, Any]) -> None:
    """Every point of the curve, and the matrix, are those of TFMA's plot of all examples."""
    ((_, plots),) = (found for found in tfma.load_eval_result(str(results)).plots if not found[0])
    counts = {
        # TFMA's JSON leaves zeros out.
        matrix.get("threshold", 0.0): [
            matrix.get(kind, 0.0)
            for kind in ("trueNegatives", "falsePositives", "falseNegatives", "truePositives")
        ]
        for matrix in plots[""][""]["confusionMatrixAtThresholds"]["matrices"]
    }
    assert len(shown["confidenceMetrics"]) > 50
    for point in shown["confidenceMetrics"]:
        tn, fp, fn, tp = counts[point["confidenceThreshold"]]
        assert point["recall"] == pytest.approx(tp / (tp + fn))
        assert point["falsePositiveRate"] == pytest.approx(fp / (fp + tn))
    threshold = shown["confusionMatrixThreshold"]
    assert threshold == pytest.approx(0.5, abs=0.01)
    (negatives, positives) = (row["row"] for row in shown["confusionMatrix"]["rows"])
    assert [*negatives, *positives] == counts[threshold]
