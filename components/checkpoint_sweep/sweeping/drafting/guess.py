"""Guesses an evaluation's label, task and slices from a model's signature and the data."""

import dataclasses
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.eval_config import EvalConfigError
from checkpoint_sweep.common.text import some
from checkpoint_sweep.evaluation.preflight.signature import predicted_output
from checkpoint_sweep.sweeping.drafting.features import FLOAT, INTEGER, TEXT, Feature
from checkpoint_sweep.sweeping.drafting.model import UNKNOWN, Model

BINARY, MULTI_CLASS, REGRESSION = "binary", "multi-class", "regression"
_OF_PREDICTION = ("prob", "score", "pred", "logistic", "logit", "output")
_OF_PROBABILITY = ("prob", "score", "logistic", "logit")
_OF_LABEL = ("label", "target", "outcome", "class", "y")
_OF_WEIGHT = ("weight", "weights", "example_weight", "sample_weight")
_MOST_CLASSES = 50
_MOST_SLICES, _MOST_VALUES = 5, 20
_LEAST_SHARE = 0.5  # of the examples, to slice by a feature
_NAMED = 10


@dataclasses.dataclass(frozen=True)
class Guess:
    """The guess of what to evaluate.

    Attributes:
        problem: BINARY, MULTI_CLASS or REGRESSION.
        prediction: Output of the model; "" where it has one only.
        columns: Number of values that it has for an example, or UNKNOWN.
        is_logit: Whether its name says that it is no probability yet.
        label: Feature that is the label.
        weight: Feature that is the weight of an example, or "".
        slices: Features to slice by.
        other_slices: Further features by which one could slice.
        notes: Sentence on each choice that might be another.
    """

    problem: str
    prediction: str
    columns: int
    is_logit: bool
    label: str
    weight: str
    slices: Sequence[str]
    other_slices: Sequence[str]
    notes: Sequence[str]


def guess(
    model: Model, features: Mapping[str, Feature], label: str | None, weight: str | None
) -> Guess:
    """Guesses what is not given.

    Args:
        model: Signature of the model.
        features: Features of the examples, by name.
        label: Feature that is the label; None to guess.
        weight: Feature that is the weight; None to take one that is called so, "" for none.

    Raises:
        EvalConfigError: There is nothing to guess by, or what is given is not there.
    """
    notes: list[str] = []
    prediction = _prediction(model, notes)
    columns = model.outputs[prediction]
    for name in (label, weight):
        if name and name not in features:
            raise EvalConfigError(
                f"The examples have no feature {name!r}; they have: "
                f"{some(sorted(features), _NAMED)}. Name one of these."
            )
    weight = _weight(model, features, notes) if weight is None else weight
    if label is None:
        others = {n: f for n, f in features.items() if n != weight}
        label = _label(model, prediction, columns, others, notes)
    problem = _problem(features[label], model, prediction, label, notes)
    slices, other_slices = _slices(model, features, {label, weight})
    return Guess(
        problem,
        prediction if len(model.outputs) > 1 else "",
        columns,
        "logit" in prediction.lower(),
        label,
        weight,
        slices,
        other_slices,
        notes,
    )


def _prediction(model: Model, notes: list[str]) -> str:
    names = list(model.outputs)
    if not names:
        raise EvalConfigError(
            f"The signature {model.signature!r} of the model has no output that is a number. "
            "Export one with a prediction."
        )
    found = predicted_output(names, "")
    if found is None:
        hints = [n for hint in _OF_PREDICTION for n in names if hint in n.lower()]
        found = (hints or names)[0]
    if len(names) > 1:
        notes.append(
            f"The prediction is taken to be the output {found!r}, of {some(names, _NAMED)}."
        )
    return found


def _weight(model: Model, features: Mapping[str, Feature], notes: list[str]) -> str:
    for name, feature in features.items():
        positive = feature.is_number and feature.low is not None and feature.low >= 0
        if name.lower() in _OF_WEIGHT and positive and name not in model.asks_for:
            notes.append(f"The feature {name!r} is taken to be the weight of an example.")
            return name
    return ""


def _label(
    model: Model,
    prediction: str,
    columns: int,
    features: Mapping[str, Feature],
    notes: list[str],
) -> str:
    """Finds the feature that the model is not given and that is most like its predictions."""
    fits = {
        name: rank
        for name, feature in features.items()
        if name not in model.asks_for
        and (rank := _rank(name, feature, prediction, columns, model.has_vocabulary)) is not None
    }
    if not fits:
        if same := _constants(model, features):
            raise EvalConfigError(
                f"The label cannot be guessed: {some(same, _NAMED)} has one value in all examples, "
                "and the model is given the others that are numbers. Take examples with other "
                "labels too, or name the label by --label."
            )
        raise EvalConfigError(
            "No feature of the examples can be the label: the model is given all of those that "
            f"are numbers. They have: {some(sorted(features), _NAMED)}. Name it by --label, or "
            "take examples that have it."
        )
    best = min(fits.values())
    first = [name for name, rank in fits.items() if rank == best]
    if len(first) > 1:
        raise EvalConfigError(
            f"The label may be any of {some(first, _NAMED)}, as far as the model and the data "
            "tell. Name it by --label."
        )
    others = sorted(fits.keys() - set(first))
    besides = f"; it could also be {some(others, _NAMED)}" if others else ""
    notes.append(f"The label is taken to be {first[0]!r}{besides}: --label names another.")
    return first[0]


def _constants(model: Model, features: Mapping[str, Feature]) -> list[str]:
    """Returns the numbers that the model is not given and that are the same in all examples."""
    return sorted(
        name
        for name, feature in features.items()
        if feature.is_number and feature.distinct == 1 and name not in model.asks_for
    )


def _rank(
    name: str, feature: Feature, prediction: str, columns: int, has_vocabulary: bool
) -> int | None:
    """Ranks how like a label a feature is, 0 the most; None where it cannot be one."""
    if feature.share < 1 or feature.distinct == 1:
        return None
    is_class = has_vocabulary and _are_names(feature, columns)
    if feature.kind == TEXT and not is_class:
        return None
    is_vector = columns > 1 and feature.width == columns
    if not (feature.is_number or is_vector or is_class):
        return None
    if columns > 1 and not (is_vector or is_class or _are_classes(feature, columns)):
        return None
    if name == prediction:
        return 0
    if name.lower() in _OF_LABEL or name.lower().endswith(("_label", "_target")):
        return 1
    of_probability = any(hint in prediction.lower() for hint in _OF_PROBABILITY)
    if columns <= 1 and of_probability:
        return 2 if _are_classes(feature, 2) else 3 if is_class else 4
    if columns > 1:
        return 2 if (feature.distinct == columns and not is_class) or is_vector else 3
    return 3 if feature.kind == FLOAT or _are_classes(feature, 2) else 4


def _are_names(feature: Feature, columns: int) -> bool:
    """Tells whether the values may be the names of the classes of a prediction."""
    few = feature.distinct is not None and feature.distinct <= max(columns, 2)
    return feature.kind == TEXT and feature.width == 1 and few


def _are_classes(feature: Feature, classes: int) -> bool:
    """Tells whether the values may be the numbers of so many classes."""
    if not feature.is_number or feature.low is None or feature.high is None:
        return False
    few = feature.distinct is not None and feature.distinct <= classes
    whole = feature.kind == INTEGER or classes == 2
    return few and whole and feature.low >= 0 and feature.high <= classes - 1


def _problem(label: Feature, model: Model, prediction: str, name: str, notes: list[str]) -> str:
    columns = model.outputs[prediction]
    if label.kind == TEXT:
        if not model.has_vocabulary:
            raise EvalConfigError(
                f"The label {name!r} is text, and the model gives no vocabulary of its classes. "
                "Name a feature that is a number by --label."
            )
        notes.append(f"The classes of {name!r} are found in the vocabulary that the model gives.")
        return BINARY if columns == 1 else MULTI_CLASS
    if columns > 1:
        return MULTI_CLASS
    if _are_classes(label, 2):
        return BINARY
    if columns == UNKNOWN and _are_classes(label, _MOST_CLASSES):
        notes.append(
            f"{prediction!r} is taken for the probabilities of classes, since {name!r} has "
            f"{label.distinct} values; the signature does not say how many there are."
        )
        return MULTI_CLASS
    return REGRESSION


def _slices(
    model: Model, features: Mapping[str, Feature], without: set[str]
) -> tuple[list[str], list[str]]:
    """Lists features with few values, texts first, then those that the model is given."""
    fit = [
        name
        for name, feature in features.items()
        if name not in without
        and feature.kind != FLOAT
        and feature.width == 1
        and feature.share >= _LEAST_SHARE
        and feature.distinct is not None
        and 2 <= feature.distinct <= _MOST_VALUES
    ]
    fit.sort(key=lambda name: (features[name].kind != TEXT, name not in model.asks_for, name))
    return fit[:_MOST_SLICES], fit[_MOST_SLICES:]
