"""What the place that a pipeline runs in decides: where it reads, writes and finds a baseline."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from tfx import types
from tfx import v1 as tfx

from pipeline.config import PipelineConfig
from pipeline.local.baseline import latest_blessed_other
from pipeline.local.pusher import Pusher
from pipeline.local.trainer import Trainer
from pipeline.local.unpushed import unless_pushed


@dataclasses.dataclass(frozen=True)
class Deployment:
    """The edges of a pipeline; everything between them is the same everywhere.

    Attributes:
        root: folder or URI below which every node writes.
        data: folder with the CSV files, or the runtime parameter that names it.
        schema: file with the reviewed schema.
        baseline: makes, for the model that the sweep chose, a node whose output "model" is the one
            to compare it with, if there is one.
        push_destination: a `PushDestination`, or the runtime parameter that holds one as JSON.
        metadata: how to reach the metadata store; None where the platform brings its own.
        pattern: which files of the data folder are read.
        trainer: makes the Trainer.
        candidate: what the Evaluator and the Pusher take of the model that the sweep chose.
        pusher: makes the Pusher.
    """

    root: str
    data: str | tfx.dsl.experimental.RuntimeParameter
    schema: str
    baseline: Callable[[types.BaseChannel], tfx.dsl.Resolver | tfx.dsl.Importer]
    push_destination: tfx.proto.PushDestination | tfx.dsl.experimental.RuntimeParameter
    metadata: Any | None = None
    pattern: str = "*"
    trainer: Callable[..., tfx.components.Trainer] = tfx.components.Trainer
    candidate: Callable[[types.BaseChannel], types.BaseChannel] = lambda model: model
    pusher: Callable[..., tfx.components.Pusher] = tfx.components.Pusher


def local(config: PipelineConfig) -> Deployment:
    """This machine: folders, and a metadata store in a file."""
    return Deployment(
        root=str(config.root),
        data=str(config.data),
        schema=str(config.schema),
        baseline=latest_blessed_other,
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(config.pushed))
        ),
        metadata=tfx.orchestration.metadata.sqlite_metadata_connection_config(str(config.metadata)),
        pattern=config.problem.file_format.value,
        trainer=functools.partial(Trainer, metadata=config.metadata),
        candidate=unless_pushed,
        pusher=Pusher,
    )
