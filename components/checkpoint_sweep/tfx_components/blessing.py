"""The blessing artifact: the standard file and properties, and a verdict on every checkpoint."""

import dataclasses
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
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.words import sentence

VERDICTS = "verdicts.json"
STEP_PROPERTY = "checkpoint_step"
# Of averages only: the name of the candidate, and the steps of the checkpoints that are in it.
CANDIDATE_PROPERTY = "candidate"
AVERAGED_PROPERTY = "averaged_steps"
_REASON_PROPERTY = "reason"
# Of the exported model: the reason of the blessing that goes with it.
CHOICE_PROPERTY = "chosen_because"


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Whether the sweep blesses its choice.

    Attributes:
        blessed: whether the chosen checkpoint met thresholds that were configured.
        reason: by which rule, in one sentence.
    """

    blessed: bool
    reason: str


def judge(decision: Decision, selection: Selection, has_thresholds: bool) -> Judgement:
    """Blesses a chosen checkpoint that had thresholds to meet.

    Without thresholds nothing was validated, so nothing is blessed, as stock TFX does not
    bless then either; the choice is exported all the same.
    """
    if decision.chosen is None:
        verdicts = decision.verdicts
        averaged = any(v.averaged is not None for v in verdicts)
        kind = "candidates" if averaged else "checkpoints"
        return Judgement(False, f"none of the {len(verdicts)} {kind} is eligible")
    chosen = sentence(decision, selection)
    if not has_thresholds:
        why = "the evaluation config has no thresholds: nothing was validated"
        return Judgement(False, f"{why}. The choice: {chosen}")
    return Judgement(True, f"{chosen}; it met every threshold")


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
        {
            "blessed": judgement.blessed,
            "reason": judgement.reason,
            "chosen": decision.chosen,
            "selection": json.loads(selection.to_json()) | {"direction": direction.value},
            "best_set": [v.name for v in decision.verdicts if v.in_best_set],
            "checkpoints": [dataclasses.asdict(v) for v in decision.verdicts],
        },
    )
    write_blessing_file(artifact, judgement.blessed, judgement.reason)
    artifact.set_string_custom_property(_REASON_PROPERTY, judgement.reason)
    for verdict in decision.verdicts:
        if verdict.name == decision.chosen:
            set_origin(artifact, verdict)


def set_origin(artifact: types.Artifact, verdict: Verdict) -> None:
    """Says in an artifact's properties what the chosen candidate is made of."""
    artifact.set_int_custom_property(STEP_PROPERTY, verdict.step)
    if verdict.averaged is not None:
        steps = ", ".join(map(str, verdict.averaged))
        artifact.set_string_custom_property(CANDIDATE_PROPERTY, verdict.name)
        artifact.set_string_custom_property(AVERAGED_PROPERTY, steps)


def read_verdicts(directory: str) -> Mapping[str, Any]:
    """The content of `verdicts.json` of a blessing artifact."""
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
