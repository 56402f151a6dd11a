"""The edges of the pipeline on this machine."""

import functools

from tfx import v1 as tfx

from pipeline.config import PipelineConfig
from pipeline.deployment import Deployment
from pipeline.local.baseline import latest_blessed_other
from pipeline.local.pusher import Pusher
from pipeline.local.trainer import Trainer
from pipeline.local.unpushed import unless_pushed


def local(config: PipelineConfig) -> Deployment:
    """Deploys to this machine: folders, and a metadata store in a file."""
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
