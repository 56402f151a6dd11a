"""The traits of TFMA's metrics: which values they can have, and where these say something.

A metric is known by its kind, the default name of its class: see `metric_kinds`.
"""

import math

Range = tuple[float, float]

# With so few examples of the rarer label, a single one moves an AUC by a tenth or more.
FEWEST_OF_EACH_CLASS = 10

_OF_BOTH_CLASSES = frozenset(
    {
        "auc",
        "auc_precision_recall",
        "balanced_accuracy",
        "equal_opportunity",
        "f1_score",
        "matthews_correlation_coefficient",
        "precision",
        "precision_at_recall",
        "rank_auc",
        "recall",
        "recall_at_precision",
        "sensitivity_at_specificity",
        "specificity_at_sensitivity",
    }
)
_SHARES = (_OF_BOTH_CLASSES - {"matthews_correlation_coefficient"}) | {
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "exact_match",
    "fall_out",
    "false_discovery_rate",
    "false_negative_rate",
    "false_omission_rate",
    "false_positive_rate",
    "jaccard_index",
    "miss_rate",
    "ndcg",
    "negative_predictive_value",
    "precision_at_k",
    "prevalence",
    "sensitivity",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "specificity",
    "squared_pearson_correlation",
    "threat_score",
    "top_k_categorical_accuracy",
    "true_negative_rate",
    "true_positive_rate",
}
_NOT_NEGATIVE = frozenset(
    {
        "binary_crossentropy",
        "brier_score",
        "calibration",
        "categorical_crossentropy",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_error",
        "mean_squared_logarithmic_error",
        "root_mean_squared_error",
        "sparse_categorical_crossentropy",
    }
)


_KINDS = {
    kind.replace("_", ""): kind
    for kind in _SHARES | _NOT_NEGATIVE | {"matthews_correlation_coefficient"}
}


def known_kind(class_name: str) -> str | None:
    """Returns the kind of a class of metrics; None where its traits are not known.

    >>> known_kind("AUCPrecisionRecall")
    'auc_precision_recall'
    """
    return _KINDS.get(class_name.replace("_", "").lower())


def range_of(kind: str) -> Range | None:
    """Returns the smallest and the largest value of a metric; None where they are not known.

    >>> range_of("auc")
    (0.0, 1.0)
    """
    if kind in _SHARES:
        return 0.0, 1.0
    if kind in _NOT_NEGATIVE:
        return 0.0, math.inf
    return (-1.0, 1.0) if kind == "matthews_correlation_coefficient" else None


def is_supported(kind: str, value: float | None, rarer_label: int | None) -> bool:
    """Returns whether a value says something: a number, of enough examples of each class.

    Args:
        kind: Kind of the metric that has the value on some slice.
        value: Value; None where there is none.
        rarer_label: Number of examples of the slice with the rarer of two labels; None where that
            is not known, or labels are others.
    """
    if value is None or not math.isfinite(value):
        return False
    enough = rarer_label is None or rarer_label >= FEWEST_OF_EACH_CLASS
    return enough or kind not in _OF_BOTH_CLASSES
