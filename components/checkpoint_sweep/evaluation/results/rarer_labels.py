"""How many examples of each slice have the rarer of two labels."""

import math
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.names import EXAMPLE_COUNTS, MetricName, SliceName
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics

_POSITIVES = "true_positives", "false_negatives"
_NEGATIVES = "true_negatives", "false_positives"


def read_rarer_labels(directories: Sequence[str], model: str) -> Mapping[SliceName, int]:
    """Reads the number of examples with the rarer of the labels 0 and 1, by slice.

    Stock TFMA does not count them. The four cells of a confusion matrix tell them, where the config
    has these by their default names and `ExampleCount`, and examples have no weights.

    Args:
        directories: An engine's outputs of all candidates, which have the same labels.
        model: Name of the candidate's model in them.

    Returns:
        The numbers; empty where they are not known, or labels are others.
    """
    counted = (read_predictions(directory).rarer_label for directory in directories)
    if found := next(filter(None, counted), None):
        return found
    return _of_cells(EvaluationMetrics(directories[0]), model) if directories else {}


def _of_cells(metrics: EvaluationMetrics, model: str) -> Mapping[SliceName, int]:
    specs = metrics.eval_config.model_specs
    if any(spec.example_weight_key or spec.example_weight_keys for spec in specs):
        return {}
    found = {}
    for slice_name, values in metrics.of_model(model).items():
        positives, negatives = (
            sum(values.get(MetricName("", "", name), math.nan) for name in names)
            for names in (_POSITIVES, _NEGATIVES)
        )
        # Cells at several thresholds, or of several classes, do not add up.
        if positives + negatives == values.get(MetricName("", "", EXAMPLE_COUNTS[0])):
            found[slice_name] = int(min(positives, negatives))
    return found
