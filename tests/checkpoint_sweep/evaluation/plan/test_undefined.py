"""What is not defined is NaN; an average depends on the classes that weigh something in it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tensorflow_model_analysis.metrics import confusion_matrix_metrics, metric_types
from tensorflow_model_analysis.metrics.binary_confusion_matrices import Matrices

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.undefined import average_of_weighted, nan_where_undefined

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("values", "weights", "average"),
    [
        ((1.0, 3.0), (1.0, 1.0), 2.0),
        ((1.0, NAN), (1.0, 0.0), 1.0),
        ((1.0, NAN), (1.0, 1.0), NAN),
        ((1.0, INF), (1.0, 0.0), 1.0),
        ((1.0, INF), (1.0, 1.0), INF),
        ((1.0, -INF), (1.0, 1.0), -INF),
        ((NAN, INF), (0.0, 1.0), INF),
        ((NAN, INF), (1.0, 0.0), NAN),
        ((NAN, INF), (1.0, 1.0), NAN),
        ((INF, -INF), (1.0, 1.0), NAN),
    ],
)
def test_an_average_depends_on_classes_that_weigh_something(
    values: Sequence[float], weights: Sequence[float], average: float
) -> None:
    classes = [metric_types.MetricKey("m", sub_key=metric_types.SubKey(class_id=i)) for i in (0, 1)]
    macro = metric_types.MetricKey(
        "m", aggregation_type=metric_types.AggregationType(macro_average=True)
    )

    def result(metrics: Mapping[Any, Any]) -> dict[Any, Any]:
        weighted = sum(w * metrics[key] for w, key in zip(weights, classes, strict=True))
        return {macro: weighted / sum(weights)}

    computation = average_of_weighted(metric_types.DerivedMetricComputation([macro], result))
    found = computation.result(dict(zip(classes, values, strict=True)))
    assert found == pytest.approx({macro: average}, nan_ok=True)


@pytest.mark.parametrize(
    ("matrices", "value"),
    [
        (Matrices([0.5], tp=[1.0], tn=[1.0], fp=[1.0], fn=[1.0]), NAN),
        (Matrices([0.5], tp=[3.0], tn=[1.0], fp=[1.0], fn=[1.0]), math.sqrt(6) - 2),
    ],
)
def test_a_quotient_of_0_and_0_is_nan(matrices: Matrices, value: float) -> None:
    metric = confusion_matrix_metrics.PrevalenceThreshold(thresholds=[0.5])
    computation = metric.computations()[-1]
    key = tfma_internals.metric_of_matrices(computation).matrices
    found = nan_where_undefined(computation).result({key: matrices})
    assert found == pytest.approx({computation.keys[-1]: value}, nan_ok=True)
