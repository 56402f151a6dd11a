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
