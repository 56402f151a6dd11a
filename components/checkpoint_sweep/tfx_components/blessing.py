"""The blessing artifact: the standard file and properties, and a verdict on every checkpoint."""

import json
import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from tfx import types
from tfx.components.evaluator import constants

from checkpoint_sweep.common.files import write_json, write_text
from checkpoint_sweep.selection.decision import Decision, Verdict
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.judgement import Judgement, verdicts_to_json
from checkpoint_sweep.selection.selection import Selection

VERDICTS = "verdicts.json"
STEP_PROPERTY = "checkpoint_step"
# Of averages only: the name of the candidate, and the steps of the checkpoints that are in it.
CANDIDATE_PROPERTY = "candidate"
AVERAGED_PROPERTY = "averaged_steps"
_REASON_PROPERTY = "reason"
# Of the exported model: the reason of the blessing that goes with it.
CHOICE_PROPERTY = "chosen_because"


def write_blessing(
    artifact: types.Artifact,
    decision: Decision,
    judgement: Judgement,
    selection: Selection,
    direction: Direction,
) -> None:
    """Writes BLESSED or NOT_BLESSED, the verdicts, and the artifact's properties.

    The property `current_model_id` is left to the Evaluator: an executor does not know the id
    of its own output, and `LatestBlessedModelStrategy` goes by that id.
    """
    write_json(
        os.path.join(artifact.uri, VERDICTS),
        verdicts_to_json(decision, judgement, selection, direction),
    )
    write_blessing_file(artifact, judgement.blessed, judgement.reason)
    artifact.set_string_custom_property(_REASON_PROPERTY, judgement.reason)
    for verdict in decision.verdicts:
        if verdict.name == decision.chosen:
            set_origin(artifact, verdict)


def set_origin(artifact: types.Artifact, verdict: Verdict, choice: str | None = None) -> None:
    """Says in an artifact's properties what the chosen candidate is made of, and why it is so."""
    artifact.set_int_custom_property(STEP_PROPERTY, verdict.step)
    if choice is not None:
        artifact.set_string_custom_property(CHOICE_PROPERTY, choice)
    if verdict.averaged is not None:
        steps = ", ".join(map(str, verdict.averaged))
        artifact.set_string_custom_property(CANDIDATE_PROPERTY, verdict.name)
        artifact.set_string_custom_property(AVERAGED_PROPERTY, steps)


def read_verdicts(directory: str) -> Mapping[str, Any]:
    """Reads `verdicts.json` of a blessing artifact."""
    with tf.io.gfile.GFile(os.path.join(directory, VERDICTS)) as file:
        return json.load(file)


def write_blessing_file(artifact: types.Artifact, blessed: bool, reason: str) -> None:
    """Writes BLESSED or NOT_BLESSED, with the reason in it, and sets the property `blessed`.

    Only the file's name counts for TFX; the stock Evaluator leaves it empty.
    """
    name = constants.BLESSED_FILE_NAME if blessed else constants.NOT_BLESSED_FILE_NAME
    write_text(os.path.join(artifact.uri, name), reason + "\n")
    artifact.set_int_custom_property(
        constants.ARTIFACT_PROPERTY_BLESSED_KEY,
        constants.BLESSED_VALUE if blessed else constants.NOT_BLESSED_VALUE,
    )
