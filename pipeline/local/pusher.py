"""The stock Pusher, which pushes whole models only and no model twice, whenever it is killed."""

import os
import time
import uuid
from typing import Any

from absl import logging
from tfx import types
from tfx import v1 as tfx
from tfx.components.pusher import executor as stock
from tfx.dsl.components.base import executor_spec
from tfx.dsl.io import fileio
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as keys
from tfx.utils import io_utils, proto_utils

from checkpoint_sweep.common.digests import of_folder
from checkpoint_sweep.common.files import replacing

Artifacts = dict[str, list[types.Artifact]]


class PusherExecutor(stock.Executor):
    """Pushes as the stock executor does, to a temporary name first."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Pushes if blessed; see `tfx.components.Pusher` for inputs, outputs and parameters."""
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict[keys.PUSHED_MODEL_KEY])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        model = self.GetModelPath(input_dict)
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[keys.PUSH_DESTINATION_KEY], destination)
        version = push(model, destination.filesystem.base_directory)
        io_utils.copy_dir(model, pushed.uri)
        self._MarkPushed(
            pushed, pushed_destination=version, pushed_version=os.path.basename(version)
        )


def push(model: str, directory: str) -> str:
    """Copies a model to a new version, or finds that the last version is this model.

    That is so after an execution was killed between pushing it and saying so.

    Args:
        model: Folder of a SavedModel.
        directory: Folder of the versions; a model server may be watching it.

    Returns:
        The folder of the version.
    """
    found = fileio.listdir(directory) if fileio.isdir(directory) else []
    last = max((int(name) for name in found if name.isdecimal()), default=0)
    version = os.path.join(directory, str(last))
    if last and of_folder(version) == of_folder(model):
        logging.info("the model has been pushed to %s before", version)
        return version
    version = os.path.join(directory, str(max(int(time.time()), last + 1)))
    with replacing(version) as scratch:
        io_utils.copy_dir(model, scratch)
    return version


class Pusher(tfx.components.Pusher):
    """The Pusher with this executor, never served from cache: its push may have been removed."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(PusherExecutor)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Adds a Pusher to a pipeline; see `tfx.components.Pusher`."""
        super().__init__(*args, **kwargs)
        self.exec_properties["push"] = uuid.uuid4().hex
