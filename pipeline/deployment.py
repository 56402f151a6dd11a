"""What the place that a pipeline runs in decides: where it reads, writes and finds a baseline."""

import dataclasses
from collections.abc import Callable
from typing import Any

from tfx import types
from tfx import v1 as tfx


@dataclasses.dataclass(frozen=True)
class Deployment:
    """The edges of a pipeline; everything between them is the same everywhere.

    Attributes:
        root: Folder or URI below which every node writes.
        data: Folder with the CSV files, or the runtime parameter that names it.
        schema: File with the reviewed schema.
        baseline: Makes, for the model that the sweep chose, a node whose output "model" is the one
            to compare it with, if there is one.
        push_destination: A `PushDestination`, or the runtime parameter that holds one as JSON.
        metadata: How to reach the metadata store; None where the platform brings its own.
        pattern: Pattern of the files in the data folder that are read.
        trainer: Makes the Trainer.
        candidate: Makes what the Evaluator and the Pusher take of the model that the sweep chose.
        pusher: Makes the Pusher.
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
