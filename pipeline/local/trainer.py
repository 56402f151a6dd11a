"""The stock Trainer, which goes on where it was interrupted."""

from pathlib import Path
from typing import Any

from absl import logging
from tfx import types
from tfx import v1 as tfx
from tfx.components.trainer import executor as stock
from tfx.dsl.components.base import executor_spec
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as keys

from pipeline.local.continuation import reuse_checkpoints
from pipeline.reporting.run_summary import CONTINUED_FROM
from pipeline.reporting.store import Store

_METADATA = "metadata_store"

Artifacts = dict[str, list[types.Artifact]]


class ContinuingTrainerExecutor(stock.GenericExecutor):
    """Fills the model run with what an interrupted execution has left, then trains.

    The code that trains need not know: Estimator continues from what is in its `model_dir`.
    """

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Trains; see `tfx.components.Trainer` for inputs, outputs and parameters."""
        model_run = artifact_utils.get_single_instance(output_dict[keys.MODEL_RUN_KEY])
        folder = Path(model_run.uri)
        store = Store.open(Path(exec_properties[_METADATA]))
        # TFX names an output's folder by the execution.
        step = reuse_checkpoints(store, int(folder.name), folder)
        if step is not None:
            logging.info("continued from step %d, where an earlier run was interrupted", step)
            model_run.set_int_custom_property(CONTINUED_FROM, step)
        super().Do(input_dict, output_dict, exec_properties)


class Trainer(tfx.components.Trainer):
    """The stock Trainer with another executor.

    Args:
        metadata: Metadata store, an SQLite file.
        kwargs: Arguments of `tfx.components.Trainer`.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(ContinuingTrainerExecutor)

    def __init__(self, metadata: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.exec_properties[_METADATA] = str(metadata)
