"""Finds the feature that is most like the label of a model's predictions."""

from collections import defaultdict
from collections.abc import Mapping

from checkpoint_sweep.common.eval_config import EvalConfigError
from checkpoint_sweep.common.text import some
from checkpoint_sweep.sweeping.drafting.features import FLOAT, INTEGER, MOST_DISTINCT, TEXT, Feature
from checkpoint_sweep.sweeping.drafting.model import Model

_OF_PROBABILITY = ("prob", "score", "logistic", "logit")
_OF_LABEL = ("label", "labels", "target", "outcome", "class", "y")
_MISSING, _CONSTANT = "missing in some examples", "the same in all examples"
# The rank of what is called as a label is, or less.
_BY_NAME = 2
_NAMED = 10


def find_label(
    model: Model,
    prediction: str,
    columns: int,
    features: Mapping[str, Feature],
    notes: list[str],
) -> str:
    """Finds the label.

    Args:
        model: Signature of the model.
        prediction: Output that is the prediction.
        columns: Number of its values for an example, or UNKNOWN.
        features: Features of the examples that may be the label, by name.
        notes: Sentences on what might be otherwise, to which those on the label are added.

    Raises:
        EvalConfigError: No feature can be the label, or several may be as well.
    """
    obstacles = {
        name: obstacle(name, feature, model, prediction, columns)
        for name, feature in features.items()
    }
    fits = {
        name: _rank(name, features[name], model, prediction, columns)
        for name, reason in obstacles.items()
        if not reason
    }
    if not fits:
        raise EvalConfigError(_none_fits(obstacles))
    best = min(fits.values())
    unfit = [
        f"{name!r} ({reason})"
        for name, reason in obstacles.items()
        if reason in (_MISSING, _CONSTANT) and _has_its_name(name, prediction)
    ]
    if unfit and best > _BY_NAME:
        raise EvalConfigError(
            f"{some(unfit, _NAMED)} cannot be the label. Correct the examples, or name another "
            "feature by --label."
        )
    first = [name for name, rank in fits.items() if rank == best]
    if len(first) > 1:
        raise EvalConfigError(f"The label may be any of {some(first, _NAMED)}. Name it by --label.")
    others = sorted(fits.keys() - set(first))
    besides = f"; it could also be {some(others, _NAMED)}" if others else ""
    parsed = ", which the model parses too" if first[0] in model.asks_for else ""
    notes.append(
        f"Assuming that the label is {first[0]!r}{parsed}{besides}. Name another by --label."
    )
    return first[0]


def obstacle(name: str, feature: Feature, model: Model, prediction: str, columns: int) -> str:
    """Says why a feature cannot be the label, in words to go behind its name; "" if it can."""
    if name in model.asks_for and not (name in model.parses and _has_its_name(name, prediction)):
        return "given to the model"
    if feature.share < 1:
        return _MISSING
    if feature.distinct == 1:
        return _CONSTANT
    is_class = model.has_vocabulary and are_names(feature, columns)
    if feature.kind == TEXT and not is_class:
        why = "with more values than classes" if model.has_vocabulary else "of no known classes"
        return f"text {why}"
    is_vector = columns > 1 and feature.width == columns
    if not (feature.is_number or is_vector or is_class):
        return "of several values"
    if columns > 1 and not (is_vector or is_class or are_classes(feature, columns)):
        return f"no class from 0 to {columns - 1}"
    return ""


def _none_fits(obstacles: Mapping[str, str]) -> str:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name, reason in sorted(obstacles.items()):
        by_reason[reason].append(name)
    reasons = "; ".join(f"{reason}: {some(names, _NAMED)}" for reason, names in by_reason.items())
    return (
        f"No feature of the examples can be the label ({reasons}). Name it by --label, or take "
        "examples that have it."
    )


def _has_its_name(name: str, prediction: str) -> bool:
    lower = name.lower()
    return (
        name == prediction or lower in _OF_LABEL or lower.endswith(("_label", "_target", "/label"))
    )


def _rank(name: str, feature: Feature, model: Model, prediction: str, columns: int) -> int:
    """Ranks how like a label a feature is, 0 the most."""
    if _has_its_name(name, prediction):
        return _BY_NAME if name in model.asks_for else 0 if name == prediction else 1
    is_class = model.has_vocabulary and are_names(feature, columns)
    of_probability = any(hint in prediction.lower() for hint in _OF_PROBABILITY)
    if columns <= 1 and of_probability:
        two = are_classes(feature, 2) or are_signs(feature)
        return 3 if two else 4 if is_class else 5
    if columns > 1:
        is_vector = feature.width == columns
        return 3 if (feature.distinct == columns and not is_class) or is_vector else 4
    return 4 if feature.kind == FLOAT or are_classes(feature, 2) else 5


def are_names(feature: Feature, columns: int) -> bool:
    """Tells whether the values may be the names of the classes of a prediction."""
    few = feature.distinct is not None and feature.distinct <= max(columns, 2)
    return feature.kind == TEXT and feature.width == 1 and few


def are_classes(feature: Feature, classes: int) -> bool:
    """Tells whether the values may be the numbers of so many classes."""
    if not feature.is_number or feature.low is None or feature.high is None:
        return False
    few = (feature.distinct or MOST_DISTINCT + 1) <= classes
    whole = feature.kind == INTEGER or feature.is_whole or classes == 2
    return few and whole and feature.low >= 0 and feature.high <= classes - 1


def are_signs(feature: Feature) -> bool:
    """Tells whether the values are -1 and 1."""
    return feature.is_number and (feature.distinct, feature.low, feature.high) == (2, -1, 1)
