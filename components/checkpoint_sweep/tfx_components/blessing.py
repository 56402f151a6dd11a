"""The blessing artifact: the standard file and properties, and a verdict on every checkpoint."""

import os

from tfx import types
from tfx.components.evaluator import constants

from checkpoint_sweep.common.files import write_json, write_text
from checkpoint_sweep.report.document import VERDICTS_JSON
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict

STEP_PROPERTY = "checkpoint_step"
# Of averages only: the name of the candidate, and the steps of the checkpoints that are in it.
CANDIDATE_PROPERTY = "candidate"
AVERAGED_PROPERTY = "averaged_steps"
# In a sweep of several runs only: the name of the run of the chosen checkpoint.
RUN_PROPERTY = "checkpoint_run"
_REASON_PROPERTY = "reason"
# Of the exported model: the reason of the blessing that goes with it.
CHOICE_PROPERTY = "chosen_because"


def write_blessing(artifact: types.Artifact, verdicts: SweepVerdicts) -> None:
    """Writes BLESSED or NOT_BLESSED, the verdicts, and the artifact's properties.

    The property `current_model_id` is left to the Evaluator: an executor does not know the id
    of its own output, and `LatestBlessedModelStrategy` goes by that id.
    """
    write_json(os.path.join(artifact.uri, VERDICTS_JSON), verdicts.to_dict())
    write_blessing_file(artifact, verdicts.blessed, verdicts.reason)
    artifact.set_string_custom_property(_REASON_PROPERTY, verdicts.reason)
    if verdicts.winner is not None:
        set_origin(artifact, verdicts.winner)


def set_origin(artifact: types.Artifact, verdict: Verdict, choice: str | None = None) -> None:
    """Says in an artifact's properties what the chosen candidate is made of, and why it is so."""
    artifact.set_int_custom_property(STEP_PROPERTY, verdict.step)
    if verdict.run is not None:
        artifact.set_string_custom_property(RUN_PROPERTY, verdict.run)
    if choice is not None:
        artifact.set_string_custom_property(CHOICE_PROPERTY, choice)
    if verdict.averaged is not None:
        steps = ", ".join(map(str, verdict.averaged))
        artifact.set_string_custom_property(CANDIDATE_PROPERTY, verdict.name)
        artifact.set_string_custom_property(AVERAGED_PROPERTY, steps)


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
