"""Numbers as the consoles of Kubeflow and Vertex AI read them, from metadata of artifacts.

The forms are those of the Kubeflow SDK's `Metrics` and `ClassificationMetrics`.
"""

import math
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import OVERALL
from checkpoint_sweep.report.document import Report
from checkpoint_sweep.report.plots import ClassesPlot, Plot, ThresholdPlot

# What is predicted below a threshold is of no class.
_NO_CLASS = -1


def scalar_metrics(values: Mapping[str, float | None]) -> dict[str, float]:
    """Makes the metadata of a `system.Metrics`: what is no finite number is omitted."""
    return {
        name: float(value)
        for name, value in values.items()
        if value is not None and math.isfinite(value)
    }


def chosen_metrics(report: Report) -> dict[str, float]:
    """Collects the chosen candidate's metrics on all examples, its step, and `blessed` (0, 1)."""
    if report.decision is None:
        return {}
    values: dict[str, float | None] = {"blessed": float(report.decision.blessed)}
    if report.chosen is not None:
        values["checkpoint_step"] = float(report.chosen.step)
        row = report.values[report.chosen.name][report.slices.index(OVERALL)]
        values |= {
            str(metric): value
            for metric, value in zip(report.metrics, row, strict=True)
            if value is not None
        }
    return scalar_metrics(values)


def classification_metrics(plots: Sequence[Plot], of: str = "") -> Json:
    """Makes the metadata of a `system.ClassificationMetrics`; empty without plots that give it.

    A console shows one curve and one matrix. The ROC curve is that of the output as a whole. The
    matrix is that of all classes, at the lowest threshold that it was made for; of two classes,
    that at the threshold of the curve nearest to a half.

    Args:
        plots: Plots of one evaluation, as `read_plots` gives them.
        of: Name of an output of the model, "" for a model with one; with its weighting where
            plots are there weighted and unweighted.
    """
    found: Json = {}
    of_output = [plot for plot in plots if plot["of"] == of]
    curve = next((plot for plot in of_output if plot["kind"] == "thresholds"), None)
    if curve is not None:
        found |= _roc(curve) | _two_classes(curve)
    matrices = [plot for plot in of_output if plot["kind"] == "classes"]
    if matrices:
        found |= _all_classes(min(matrices, key=lambda plot: plot["threshold"]))
    return found


def _roc(plot: ThresholdPlot) -> Json:
    """Makes a ROC curve; empty without an example of either class, where rates are not defined."""
    points = []
    for threshold, tp, fp, tn, fn in _points(plot):
        if not tp + fn or not fp + tn:
            return {}
        points.append(
            {
                "confidenceThreshold": threshold,
                "recall": tp / (tp + fn),
                "falsePositiveRate": fp / (fp + tn),
            }
        )
    return {"confidenceMetrics": points}


def _two_classes(plot: ThresholdPlot) -> Json:
    threshold, tp, fp, tn, fn = min(_points(plot), key=lambda point: abs(point[0] - 0.5))
    return _matrix(["negative", "positive"], [[tn, fp], [fn, tp]], threshold)


def _points(plot: ThresholdPlot) -> list[tuple[float, float, float, float, float]]:
    """Lists threshold, true and false positives, true and false negatives."""
    counts = (
        *(plot["true_positives"], plot["false_positives"]),
        *(plot["true_negatives"], plot["false_negatives"]),
    )
    return list(zip(plot["threshold"], *counts, strict=True))


def _all_classes(plot: ClassesPlot) -> Json:
    classes = sorted({c for actual, predicted, _ in plot["entries"] for c in (actual, predicted)})
    at = {label: index for index, label in enumerate(classes)}
    rows = [[0.0] * len(classes) for _ in classes]
    for actual, predicted, count in plot["entries"]:
        rows[at[actual]][at[predicted]] += count
    names = ["none" if label == _NO_CLASS else str(label) for label in classes]
    return _matrix(names, rows, plot["threshold"])


def _matrix(names: Sequence[str], rows: Sequence[Sequence[float]], threshold: float) -> Json:
    return {
        "confusionMatrix": {
            "annotationSpecs": [{"displayName": name} for name in names],
            "rows": [{"row": list(row)} for row in rows],
        },
        "confusionMatrixThreshold": threshold,
    }
