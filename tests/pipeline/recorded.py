"""A metadata store written by hand, as TFX's runner would have left it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_metadata import proto
from ml_metadata.metadata_store import metadata_store

from pipeline.reporting.store import Store

State = proto.Execution.State


class Recorded:
    """Executions of the nodes of one pipeline, put into a new store.

    Attributes:
        path: of the SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        config = proto.ConnectionConfig()
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self._mlmd = metadata_store.MetadataStore(config)

    @property
    def store(self) -> Store:
        """The store, opened to be read."""
        return Store.open(self.path)

    def artifact(self, kind: str, uri: str = "", **properties: str | int) -> int:
        """Adds an artifact and returns its id."""
        type_id = self._mlmd.put_artifact_type(proto.ArtifactType(name=kind))
        artifact = proto.Artifact(type_id=type_id, uri=uri, state=proto.Artifact.LIVE)
        _fill(artifact.custom_properties, properties)
        return int(self._mlmd.put_artifacts([artifact])[0])

    def execution(
        self,
        node: str,
        state: int,
        run: str = "now",
        inputs: Mapping[str, int] | None = None,
        outputs: Mapping[str, int] | None = None,
        **properties: str | int,
    ) -> int:
        """Adds an execution and returns its id.

        Args:
            node: its node.
            state: a `State`.
            run: id of its run.
            inputs: ids of its input artifacts.
            outputs: ids of its output artifacts.
            properties: parameters.
        """
        type_id = self._mlmd.put_execution_type(proto.ExecutionType(name=node))
        execution = proto.Execution(type_id=type_id, last_known_state=state)
        _fill(execution.custom_properties, properties)
        (execution_id,) = self._mlmd.put_executions([execution])
        for kind, events in ((proto.Event.INPUT, inputs), (proto.Event.OUTPUT, outputs)):
            for key, artifact_id in (events or {}).items():
                event = proto.Event(artifact_id=artifact_id, execution_id=execution_id, type=kind)
                event.path.steps.add(key=key)
                event.path.steps.add(index=0)
                self._mlmd.put_events([event])
        contexts = [self._context("pipeline_run", run), self._context("node", f"tiny.{node}")]
        associations = [
            proto.Association(execution_id=execution_id, context_id=c) for c in contexts
        ]
        self._mlmd.put_attributions_and_associations([], associations)
        return int(execution_id)

    def state(self, execution_id: int) -> int:
        """The state of an execution."""
        (execution,) = self._mlmd.get_executions_by_id([execution_id])
        return int(execution.last_known_state)

    def _context(self, kind: str, name: str) -> int:
        found = self._mlmd.get_context_by_type_and_name(kind, name)
        if found:
            return int(found.id)
        type_id = self._mlmd.put_context_type(proto.ContextType(name=kind))
        return int(self._mlmd.put_contexts([proto.Context(type_id=type_id, name=name)])[0])


def _fill(target: Any, properties: Mapping[str, str | int]) -> None:
    for key, value in properties.items():
        if isinstance(value, int):
            target[key].int_value = value
        else:
            target[key].string_value = value
