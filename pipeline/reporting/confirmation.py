"""What the Evaluator said of a model on data that nobody chose on."""

import json
import os
from collections.abc import Mapping

import tensorflow as tf
from ml_metadata import proto
from tfx.components.evaluator import constants

from checkpoint_sweep.common.files import read_text
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.evaluation.results.thresholds import threshold_failures
from checkpoint_sweep.tfx_components.evaluator.verdict import VERDICT
from pipeline.reporting.run_summary import Confirmation
from pipeline.reporting.store import Store, properties

EVALUATOR = "Evaluator"


def read_confirmation(
    outputs: Mapping[str, proto.Artifact], baseline: proto.Artifact | None
) -> Confirmation:
    """Reads what an Evaluator has found.

    Args:
        outputs: Artifacts of the Evaluator.
        baseline: Model artifact that it compared with; None without one.
    """
    blessed = properties(outputs["blessing"]).get(constants.ARTIFACT_PROPERTY_BLESSED_KEY)
    verdict = _verdict(outputs["blessing"].uri)
    return Confirmation(
        blessed=blessed == constants.BLESSED_VALUE,
        failures=threshold_failures(outputs["evaluation"].uri),
        words=verdict["words"],
        metrics=verdict["metrics"],
        baseline_model=baseline.uri if baseline else None,
        evaluation=outputs["evaluation"].uri,
    )


def last_confirmation(store: Store, model: int) -> Confirmation | None:
    """Reads what was last said of a model, in whichever run; None if no Evaluator has seen it.

    Args:
        store: Metadata store of the pipeline.
        model: Id of the model artifact.
    """
    events = store.mlmd.get_events_by_artifact_ids([model])
    readers = {event.execution_id for event in events if event.type == proto.Event.INPUT}
    for execution in store.mlmd.get_executions_by_id(sorted(readers, reverse=True)):
        node = store.node_context(execution).name.rpartition(".")[2]
        inputs = store.inputs(execution)
        if node != EVALUATOR or "model" not in inputs or inputs["model"].id != model:
            continue
        if outputs := store.outputs(execution):
            return read_confirmation(outputs, inputs.get("baseline_model"))
    return None


def _verdict(blessing: str) -> Json:
    """Reads what the Evaluator says of its metrics; nothing where stock TFX evaluated."""
    path = os.path.join(blessing, VERDICT)
    if not tf.io.gfile.exists(path):
        return {"words": "", "metrics": []}
    content: Json = json.loads(read_text(path))
    return content
