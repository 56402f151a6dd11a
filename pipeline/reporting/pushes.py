"""What was pushed last, and whether it is still there."""

import dataclasses
from typing import Any

import tensorflow as tf
from ml_metadata import proto

from pipeline.reporting.store import Store, properties

_TYPE = "PushedModel"
_SAVED_MODEL = "saved_model.pb"  # which the Pusher copies last


@dataclasses.dataclass(frozen=True)
class Push:
    """One push.

    Attributes:
        model: Id of the model artifact that was pushed.
        destination: Folder of the SavedModel, which may have been removed since.
    """

    model: int
    destination: str

    @property
    def is_there(self) -> bool:
        """Whether the SavedModel is where it was pushed to, and whole."""
        return bool(tf.io.gfile.exists(f"{self.destination}/{_SAVED_MODEL}"))


def last_push(store: Store) -> Push | None:
    """Finds the last push of a pipeline; None when nothing was ever pushed."""
    found = store.mlmd.get_artifacts_by_type(_TYPE)
    for artifact in sorted(found, key=lambda a: a.id, reverse=True):
        noted = properties(artifact)
        if noted.get("pushed") == 1:
            return Push(_model(store, artifact), str(noted["pushed_destination"]))
    return None


def _model(store: Store, artifact: Any) -> int:
    """Finds the model that was pushed: of the execution that did it, not of one from cache."""
    events = store.mlmd.get_events_by_artifact_ids([artifact.id])
    producer = min(e.execution_id for e in events if e.type == proto.Event.OUTPUT)
    (execution,) = store.mlmd.get_executions_by_id([producer])
    return int(store.inputs(execution)["model"].id)
