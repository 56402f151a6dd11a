"""Precision and recall over thresholds, as TensorBoard's own plugin draws them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorboard.plugins.pr_curve import summary
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.selection.metric_lookup import metric_name, weighted_both_ways
from checkpoint_sweep.tfma_views.results import overall_plots

# The plugin takes thresholds to be evenly spread over [0, 1].
_THRESHOLDS = np.linspace(0.0, 1.0, 101)
_NAME = "precision_recall"


def read_pr_curves(directory: str, model_name: str) -> list[tf.compat.v1.Summary]:
    """Reads the curves of a candidate's overall slice; none without such plots in the results.

    Args:
        directory: Folder of TFMA's results of one evaluation.
        model_name: Name of the candidate's model spec.
    """
    record = next(overall_plots(directory), None)
    return [] if record is None else list(_curves(record, model_name))


def _curves(record: Any, model_name: str) -> Iterator[tf.compat.v1.Summary]:
    curves = [
        (metric_types.PlotKey.from_proto(plot.key), matrices)
        for plot in record.plot_keys_and_values
        if plot.key.model_name in ("", model_name)
        and (matrices := plot.value.confusion_matrix_at_thresholds.matrices)
    ]
    both = weighted_both_ways(key for key, _ in curves)
    for key, matrices in curves:
        name = metric_name(key, both)
        parts = [_NAME, name.name, name.output_name, name.sub_key, name.weighting]
        yield _curve("/".join(part for part in parts if part), matrices)


def _curve(tag: str, matrices: Sequence[Any]) -> tf.compat.v1.Summary:
    """Takes the matrices at the thresholds that TensorBoard wants, of those that there are.

    Args:
        tag: Tag of the curve.
        matrices: Confusion matrices, by ascending threshold.
    """
    there = np.array([matrix.threshold for matrix in matrices])
    found = [matrices[int(np.abs(there - wanted).argmin())] for wanted in _THRESHOLDS]
    columns = [
        np.array([getattr(matrix, field) for matrix in found])
        for field in ("true_positives", "false_positives", "true_negatives", "false_negatives")
    ]
    true_positives, false_positives, _, false_negatives = columns
    return summary.raw_data_pb(
        tag,
        *columns,
        precision=_share(true_positives, false_positives, if_empty=1.0),
        recall=_share(true_positives, false_negatives, if_empty=0.0),
        num_thresholds=len(_THRESHOLDS),
        display_name=tag,
    )


def _share(part: np.ndarray, rest: np.ndarray, if_empty: float) -> np.ndarray:
    whole = part + rest
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), if_empty)
