"""A drafted evaluation config as text, with comments: it is to be edited."""

import functools
import importlib.resources
import json
import textwrap

import jinja2

from checkpoint_sweep.common import templates
from checkpoint_sweep.sweeping.drafting.features import LOOKED_AT, TEXT, Feature
from checkpoint_sweep.sweeping.drafting.guess import BINARY, MULTI_CLASS, MULTI_LABEL, SIGNS, Guess

_WIDTH = 98
# What a change of this size is worth is for the user to say.
_CHANGE = "0.01"
_TEMPLATE = (
    importlib.resources.files("checkpoint_sweep.sweeping.drafting")
    / "templates"
    / "eval_config.pbtxt"
)


def select(guess: Guess, label: Feature) -> str:
    """Names the metric to choose by, to begin with."""
    if guess.problem == BINARY:
        return "binary_crossentropy" if guess.is_logit else "auc"
    if guess.problem == SIGNS:
        return "hinge"
    if guess.problem == MULTI_LABEL:
        return "binary_crossentropy/macro" if guess.is_logit else "auc/macro"
    if guess.problem == MULTI_CLASS:
        return "sparse_categorical_accuracy" if label.width == 1 else "categorical_accuracy"
    return "mean_absolute_error"


def to_text(guess: Guess, label: Feature, rows: int, is_compiled: bool = False) -> str:
    """Renders a text proto of `tfma.EvalConfig`.

    Args:
        guess: Guess of what to evaluate.
        label: Feature of the label.
        rows: Number of the examples that were looked at.
        is_compiled: Whether the model brings the metrics of `model.compile`.
    """
    return _template().render(
        guess=guess,
        label=label,
        looked_at=f"the first {rows:,} examples" if rows >= LOOKED_AT else f"{rows:,} examples",
        change=_CHANGE,
        is_compiled=is_compiled,
        BINARY=BINARY,
        MULTI_CLASS=MULTI_CLASS,
        MULTI_LABEL=MULTI_LABEL,
        SIGNS=SIGNS,
        TEXT=TEXT,
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = templates.environment()
    environment.filters |= {"comment": _comment, "quoted": json.dumps}
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def _comment(text: str, indent: int = 0) -> str:
    """Wraps a comment, its lines behind so many spaces."""
    mark = f"{' ' * indent}# "
    return "\n".join(textwrap.wrap(text, _WIDTH, initial_indent=mark, subsequent_indent=mark))
