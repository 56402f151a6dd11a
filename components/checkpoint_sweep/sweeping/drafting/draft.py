"""Drafts an evaluation config from files."""

import dataclasses
import tempfile
from collections.abc import Sequence

from checkpoint_sweep.common.sequences import as_list
from checkpoint_sweep.evaluation.preflight.support import is_compiled
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.timestamped_exports import find_export
from checkpoint_sweep.sweeping.config_files import read_schema
from checkpoint_sweep.sweeping.drafting import features as features_lib
from checkpoint_sweep.sweeping.drafting import text
from checkpoint_sweep.sweeping.drafting.guess import guess
from checkpoint_sweep.sweeping.drafting.model import look_into
from checkpoint_sweep.sweeping.drafting.predictions import look_at_predictions
from checkpoint_sweep.sweeping.example_files import open_files

_NOT_PREDICTED = "The model does not predict on these examples"


@dataclasses.dataclass(frozen=True)
class Draft:
    """A drafted config.

    Attributes:
        text: Text proto.
        select: Metric to choose by, to begin with; its direction is declared in the text.
        notes: Sentence on each choice that might be another.
        problem: Why the model does not predict on these examples; "" if it does.
        model: Directory of the SavedModel.
    """

    text: str
    select: str
    notes: Sequence[str]
    problem: str = ""
    model: str = ""


def draft(
    model: str,
    examples: str | Sequence[str],
    *,
    split: str = "eval",
    schema: str | None = None,
    encoding: str = "utf-8",
    label: str | None = None,
    weight: str | None = None,
) -> Draft:
    """Drafts an evaluation config that `sweep` takes as it is.

    Args:
        model: Directory of a SavedModel.
        examples: Patterns of files or folders, as for `SweepOptions`.
        split: Split of an Examples artifact.
        schema: Path of the schema of the examples; None for what is in them.
        encoding: Encoding of CSV files without a byte order mark.
        label: Feature that is the label; None for one that the model is not given.
        weight: Feature that is the weight of an example; None for one that is called so, "" for
            none.

    Raises:
        UserError: Something cannot be read, or the label cannot be told.
    """
    patterns = as_list(examples)
    parsed = read_schema(schema) if schema else None
    with tempfile.TemporaryDirectory() as scratch:
        found = open_files(patterns, split, parsed, scratch, encoding=encoding)
        batch, rows, features = features_lib.look_at(found)
    model = find_export(model)
    saved_model = SavedModel(model)
    signature = look_into(saved_model, features)
    adapted = found.tensor_adapter_config
    representations = adapted.tensor_representations if adapted else {}
    predicted, why = look_at_predictions(saved_model, signature.signature, batch, representations)
    guessed = guess(signature, features, label, weight, predicted)
    problem = f"{why.rstrip('.')}." if why else ""
    if problem:
        notes = [*guessed.notes, f"{_NOT_PREDICTED}: {problem}"]
        guessed = dataclasses.replace(guessed, notes=notes)
    label_feature = features[guessed.label]
    drafted = text.to_text(guessed, label_feature, rows, is_compiled(model))
    return Draft(drafted, text.select(guessed, label_feature), guessed.notes, problem, model)
