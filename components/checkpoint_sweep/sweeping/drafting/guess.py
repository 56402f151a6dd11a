"""Guesses an evaluation's label, task and slices from a model's signature and the data."""

import dataclasses
from collections.abc import Mapping, Sequence

from checkpoint_sweep.common.eval_config import EvalConfigError
from checkpoint_sweep.common.text import some
from checkpoint_sweep.evaluation.preflight.signature import predicted_output
from checkpoint_sweep.sweeping.drafting.features import FLOAT, INTEGER, TEXT, Feature
from checkpoint_sweep.sweeping.drafting.label import are_classes, are_signs, find_label
from checkpoint_sweep.sweeping.drafting.model import UNKNOWN, Model
from checkpoint_sweep.sweeping.drafting.predictions import Predicted

BINARY, MULTI_CLASS, REGRESSION = "binary", "multi-class", "regression"
# Labels of -1 and 1; and several classes at once, as a vector of zeros and ones.
SIGNS, MULTI_LABEL = "signs", "multi-label"
_OF_PREDICTION = ("prob", "score", "pred", "logistic", "logit", "output")
_OF_WEIGHT = ("weight", "weights", "example_weight", "sample_weight")
_MOST_CLASSES = 50
_MOST_SLICES, _MOST_VALUES = 5, 20
_LEAST_SHARE = 0.5  # of the examples, to slice by a feature
_NAMED = 10


@dataclasses.dataclass(frozen=True)
class Guess:
    """The guess of what to evaluate.

    Attributes:
        problem: BINARY, SIGNS, MULTI_CLASS, MULTI_LABEL or REGRESSION.
        prediction: Output of the model; "" where it has one only.
        columns: Number of values that it has for an example, or UNKNOWN.
        is_logit: Whether its name or its values say that it is no probability yet.
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
    model: Model,
    features: Mapping[str, Feature],
    label: str | None,
    weight: str | None,
    predicted: Mapping[str, Predicted] | None = None,
) -> Guess:
    """Guesses what is not given.

    Args:
        model: Signature of the model.
        features: Features of the examples, by name.
        label: Feature that is the label; None to guess.
        weight: Feature that is the weight; None to take one that is called so, "" for none.
        predicted: Predictions on some examples, by output; None where they are not known.

    Raises:
        EvalConfigError: There is nothing to guess by, or what is given is not there.
    """
    notes: list[str] = []
    prediction = _prediction(model, notes)
    columns = model.outputs[prediction]
    seen = (predicted or {}).get(prediction)
    if columns == UNKNOWN and seen is not None:
        columns = seen.columns
    for name in (label, weight):
        if name and name not in features:
            raise EvalConfigError(
                f"The examples have no feature {name!r}; they have: "
                f"{some(sorted(features), _NAMED)}. Name one of these."
            )
    weight = _weight(model, features, notes) if weight is None else weight
    if label is None:
        others = {n: f for n, f in features.items() if n != weight}
        label = find_label(model, prediction, columns, others, notes)
    problem = _problem(features[label], model, prediction, columns, label, notes)
    is_logit = "logit" in prediction.lower() or (seen is not None and not seen.within_unit)
    if note := _of_values(problem, is_logit, seen, prediction, label):
        notes.append(note)
    slices, other_slices = _slices(model, features, {label, weight})
    return Guess(
        problem,
        prediction if len(model.outputs) > 1 else "",
        columns,
        is_logit,
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
            f"Assuming that the prediction is the output {found!r}, of {some(names, _NAMED)}."
        )
    return found


def _weight(model: Model, features: Mapping[str, Feature], notes: list[str]) -> str:
    for name, feature in features.items():
        positive = feature.is_number and feature.low is not None and feature.low >= 0
        if name.lower() in _OF_WEIGHT and positive and name not in model.asks_for:
            notes.append(f"The feature {name!r} is taken to be the weight of an example.")
            return name
    return ""


def _of_values(
    problem: str, is_logit: bool, seen: Predicted | None, prediction: str, label: str
) -> str:
    """Says what follows from the values of the prediction; "" where nothing does."""
    if problem == SIGNS:
        of_unit = seen is not None and seen.within_unit
        return (
            f"The labels {label!r} are -1 and 1: the hinge loss is drafted, since AUC, precision "
            "and recall take 0 and 1. Write the labels so, and predict a probability, for those."
            + (f" {prediction!r} is within [0, 1], where the hinge loss says little." * of_unit)
        )
    if problem == REGRESSION or not is_logit:
        return ""
    values = "" if seen is None else f", from {seen.low:.3g} to {seen.high:.3g},"
    activation = "tf.nn.softmax" if problem == MULTI_CLASS else "tf.sigmoid"
    lost = "its cross entropy is computed from logits"
    if problem != MULTI_CLASS:
        lost += ", and no metric whose thresholds are those of probabilities"
    return (
        f"The prediction {prediction!r}{values} seems to be a logit: {lost}. Export {activation} "
        "of it for probabilities; of a regression, name the label by --label."
        if problem == BINARY
        else f"The prediction {prediction!r}{values} seems to be logits: {lost}. Export "
        f"{activation} of it for probabilities."
    )


def _problem(
    label: Feature, model: Model, prediction: str, columns: int, name: str, notes: list[str]
) -> str:
    if label.kind == TEXT:
        if not model.has_vocabulary:
            raise EvalConfigError(
                f"The label {name!r} is text, and the model gives no vocabulary of its classes. "
                "Name a feature that is a number by --label."
            )
        notes.append(f"The classes of {name!r} are found in the vocabulary that the model gives.")
        return BINARY if columns == 1 else MULTI_CLASS
    if columns > 1:
        if label.is_number and not are_classes(label, columns):
            raise EvalConfigError(
                f"The label {name!r} has numbers from {label.low:g} to {label.high:g}, and the "
                f"classes of {prediction!r} are 0 to {columns - 1}. Write the labels so, or name "
                "another by --label."
            )
        return MULTI_LABEL if label.is_multi_hot else MULTI_CLASS
    if are_classes(label, 2):
        return BINARY
    if are_signs(label):
        return SIGNS
    if columns == UNKNOWN and label.kind == INTEGER and are_classes(label, _MOST_CLASSES):
        notes.append(
            f"{prediction!r} seems to be the probabilities of classes, since {name!r} has "
            f"{label.distinct} values; the signature does not say how many there are."
        )
        return MULTI_CLASS
    if label.is_number and label.distinct == 2:
        notes.append(
            f"The label {name!r} is {label.low:g} or {label.high:g}, and is taken for a number: "
            "write 0 and 1 for the metrics of two classes."
        )
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
