"""Writes a drafted evaluation config as text, with comments: it is to be edited."""

import json
import textwrap
from collections.abc import Iterator

from checkpoint_sweep.sweeping.drafting.features import LOOKED_AT, TEXT, Feature
from checkpoint_sweep.sweeping.drafting.guess import BINARY, MULTI_CLASS, Guess

_WIDTH = 98
# What a change of this size is worth is for the user to say.
_CHANGE = "0.01"


def select(guess: Guess, label: Feature) -> str:
    """Names the metric to choose by, to begin with."""
    if guess.problem == BINARY:
        return "auc"
    if guess.problem == MULTI_CLASS:
        return "sparse_categorical_accuracy" if label.width == 1 else "categorical_accuracy"
    return "mean_absolute_error"


def to_text(guess: Guess, label: Feature, rows: int) -> str:
    """Writes a text proto of `tfma.EvalConfig`.

    Args:
        guess: What is to be evaluated.
        label: Feature that is the label.
        rows: Number of the examples that were looked at.
    """
    lines = [*_head(guess, rows), *_spec(guess), *_slicing(guess), *_metrics(guess, label)]
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
    )


def _head(guess: Guess, rows: int) -> Iterator[str]:
    looked = f"the first {rows:,} examples" if rows >= LOOKED_AT else f"{rows:,} examples"
    yield from _comment(
        f"An evaluation config (tfma.EvalConfig), drafted from the model's signature and {looked}. "
        "Edit it: what it guesses is said where it stands."
    )
    for note in guess.notes:
        yield from _comment(note)


def _spec(guess: Guess) -> Iterator[str]:
    yield ""
    yield "model_specs {"
    yield f"  label_key: {json.dumps(guess.label)}"
    if guess.prediction:
        yield f"  prediction_key: {json.dumps(guess.prediction)}"
    if guess.weight:
        yield f"  example_weight_key: {json.dumps(guess.weight)}"
    yield "}"


def _slicing(guess: Guess) -> Iterator[str]:
    yield ""
    yield from _comment(
        "Metrics are computed on all examples, and for each value of these features."
    )
    yield "slicing_specs {}"
    yield from (f"slicing_specs {{ feature_keys: {json.dumps(n)} }}" for n in guess.slices)
    yield from (f"# slicing_specs {{ feature_keys: {json.dumps(n)} }}" for n in guess.other_slices)


def _metrics(guess: Guess, label: Feature) -> Iterator[str]:
    yield ""
    if guess.problem == BINARY:
        yield from _binary(guess, label)
    elif guess.problem == MULTI_CLASS:
        yield from _multi_class(guess, label)
    else:
        yield from _regression(label)


def _binary(guess: Guess, label: Feature) -> Iterator[str]:
    second = "the second class of its vocabulary" if label.kind == TEXT else "the label 1"
    yield from _comment(f"Two classes: the prediction is the probability of {second}.")
    yield "metrics_specs {"
    yield '  metrics { class_name: "ExampleCount" }'
    yield from _comment("0.5 is the AUC of a model that knows nothing.", "  ")
    yield from _judged("AUC", "lower_bound", 0.5, "HIGHER_IS_BETTER", f"-{_CHANGE}")
    logits = """ config: '"from_logits": true'""" if guess.is_logit else ""
    yield f'  metrics {{ class_name: "BinaryCrossEntropy"{logits} }}'
    if guess.is_logit:
        yield from _comment("Not computed of logits: BinaryAccuracy, Precision, Recall.", "  ")
    else:
        for name in ("BinaryAccuracy", "Precision", "Recall", "Calibration"):
            yield f'  metrics {{ class_name: "{name}" }}'
        yield '  metrics { class_name: "ConfusionMatrixPlot" }'
    yield "}"


def _multi_class(guess: Guess, label: Feature) -> Iterator[str]:
    prefix = _prefix(label)
    what = "the number of its class" if prefix else "a vector with a number for each class"
    if label.kind == TEXT:
        what = "the name of its class, as in the model's vocabulary"
    yield from _comment(f"Several classes: the label is {what}.")
    yield "metrics_specs {"
    yield '  metrics { class_name: "ExampleCount" }'
    floor = label.most_frequent if prefix and label.most_frequent is not None else 0.0
    if floor:
        yield from _comment("What naming the most frequent class for all comes to.", "  ")
    change = f"-{_CHANGE}"
    yield from _judged(
        f"{prefix}CategoricalAccuracy", "lower_bound", floor, "HIGHER_IS_BETTER", change
    )
    logits = """ config: '"from_logits": true'""" if guess.is_logit else ""
    yield f'  metrics {{ class_name: "{prefix}CategoricalCrossentropy"{logits} }}'
    yield "}"


def _regression(label: Feature) -> Iterator[str]:
    yield from _comment("A regression.")
    yield "metrics_specs {"
    yield '  metrics { class_name: "ExampleCount" }'
    error = label.median_error or 0.0
    yield from _comment("What predicting the median of the label for all comes to.", "  ")
    yield from _judged(
        "MeanAbsoluteError", "upper_bound", error, "LOWER_IS_BETTER", f"{error / 100:.3g}"
    )
    for name in ("MeanSquaredError", "MeanLabel", "MeanPrediction"):
        yield f'  metrics {{ class_name: "{name}" }}'
    yield '  metrics { class_name: "SquaredPearsonCorrelation" }'
    yield "}"


def _judged(name: str, bound: str, value: float, direction: str, change: str) -> Iterator[str]:
    """Yields a metric with thresholds on all examples: without any, no model is blessed."""
    yield "  metrics {"
    yield f'    class_name: "{name}"'
    yield "    per_slice_thresholds {"
    yield "      slicing_specs {}  # on all examples together"
    yield "      threshold {"
    yield f"        value_threshold {{ {bound} {{ value: {value:.4g} }} }}"
    yield from _comment(
        "Which values are better, and how much worse than a baseline is still good enough.",
        "        ",
    )
    yield f"        change_threshold {{ direction: {direction} absolute {{ value: {change} }} }}"
    yield "      }"
    yield "    }"
    yield "  }"


def _prefix(label: Feature) -> str:
    """Returns the prefix of Keras's metrics whose labels are numbers of classes."""
    return "Sparse" if label.width == 1 else ""
