"""Several checkpoints, or a checkpoint and its baseline, side by side on the same slices."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow_model_analysis as tfma

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import EXAMPLE_COUNTS
from checkpoint_sweep.tfma_views.results import TfmaResults, ViewError, Which, label
from checkpoint_sweep.tfma_views.slicing_metrics import slice_view, slices
from checkpoint_sweep.tfma_views.view import View

_ZERO_WIDTH_SPACE = "\u200b"
# TFMA's name for the difference from the baseline; a comparison has its own, for any two models.
_OWN_DIFFERENCE = "_diff"
_NO_VALUE = {"doubleValue": math.nan}
Metrics = Mapping[str, Mapping[str, Mapping[str, Any]]]


def compare(
    results: TfmaResults,
    steps: Sequence[Which],
    column: str | Sequence[str] | None = None,
    baseline: bool = False,
    metrics: Sequence[str] = (),
) -> View:
    """Shows TFMA's slicing metrics with a column for each metric of each model.

    Two models also get a column with the difference, first minus second.

        views.compare(results, steps=[400, 200], column="payment_type")

    Args:
        results: Results to show.
        steps: Steps of the checkpoints; names of averages.
        column: Feature to slice by, or crossed features; None for all examples.
        baseline: Whether the baseline that the first of `steps` was evaluated beside is
            compared too.
        metrics: Metrics to show; all single numbers if empty.

    Raises:
        ViewError: There are fewer than two models, or a step, a slice or a metric is missing.
    """
    models = {label(step): results.metrics(step) for step in steps}
    if baseline and steps:
        models["baseline"] = results.metrics(steps[0], baseline=True)
    if len(models) < 2:
        raise ViewError("A comparison needs two steps, or one and baseline=True.")
    first = next(iter(models.values()))
    by_model = {name: _by_slice(result, column) for name, result in models.items()}
    _check_metrics(metrics, by_model.values())
    data = _side_by_side(by_model, metrics)
    names = " and ".join(models)
    shown = _column(metrics[0], next(iter(models)), list(models)) if metrics else None
    return slice_view(f"{names[0].upper()}{names[1:]}", column, first.config, data, shown)


def _by_slice(result: tfma.EvalResult, column: str | Sequence[str] | None) -> dict[str, Metrics]:
    return {item["slice"]: item["metrics"] for item in slices(result, column)}


def _check_metrics(wanted: Sequence[str], by_model: Iterable[Mapping[str, Metrics]]) -> None:
    known = {
        name
        for by_slice in by_model
        for by_output in by_slice.values()
        for by_key in by_output.values()
        for metrics in by_key.values()
        for name, value in metrics.items()
        if _number(value) is not None
    }
    if unknown := [name for name in wanted if name not in known]:
        raise ViewError(
            f"There is no metric {unknown[0]!r} to compare; there are: {', '.join(sorted(known))}."
        )


def _side_by_side(
    by_model: Mapping[str, Mapping[str, Metrics]], wanted: Sequence[str]
) -> list[Json]:
    """Makes view data with the metrics of all models under names of their own."""
    data = []
    for name in _union(by_model.values()):
        outputs = [by_slice.get(name, {}) for by_slice in by_model.values()]
        merged: dict[str, dict[str, Json]] = {}
        for output in _union(outputs):
            keys = [by_key.get(output, {}) for by_key in outputs]
            merged[output] = {
                key: _merge([metrics.get(key, {}) for metrics in keys], list(by_model), wanted)
                for key in _union(keys)
            }
        data.append({"slice": name, "metrics": merged})
    return data


def _merge(
    per_model: Sequence[Mapping[str, Any]], models: Sequence[str], wanted: Sequence[str]
) -> Json:
    """Makes one mapping of metric columns from the metrics of each model."""
    merged: Json = {}
    for metric in _union(per_model):
        values = [metrics.get(metric) for metrics in per_model]
        if metric in EXAMPLE_COUNTS:
            merged[metric] = next(value for value in values if value is not None)
            continue
        numbers = [_number(value) for value in values]
        if metric.endswith(_OWN_DIFFERENCE):
            continue
        if (wanted and metric not in wanted) or not any(n is not None for n in numbers):
            continue
        for model, value, number in zip(models, values, numbers, strict=True):
            has_value = number is not None
            merged[_column(metric, model, models)] = value if has_value else _NO_VALUE
        if len(models) == 2:
            first, second = (math.nan if n is None else n for n in numbers)
            merged[_column(metric, "difference", models)] = {"doubleValue": first - second}
    return merged


def _union(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Lists all keys, in the order in which they first appear."""
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def _column(metric: str, model: str, models: Sequence[str]) -> str:
    """Names a column; invisible characters let the component sort columns by the models."""
    order = [*models, "difference"]
    return f"{metric}, {_ZERO_WIDTH_SPACE * order.index(model)}{model}"


def _number(value: Mapping[str, Any] | None) -> float | None:
    """Returns the point value of a single number; None for all else, such as a matrix."""
    if not value:
        return None
    if "boundedValue" in value:
        value = value["boundedValue"]
        return float(value["value"]) if "value" in value else None
    return float(value["doubleValue"]) if "doubleValue" in value else None
