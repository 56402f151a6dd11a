"""Artifacts, and what comes with them, as TFX hands them to executors and Trainers."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx import types
from tfx import v1 as tfx
from tfx.components.util import tfxio_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from tests.support import tfrecords


def make(kind: type[types.Artifact], uri: str | Path, number: int = 0) -> Any:
    """Makes an artifact.

    Args:
        kind: Type of the artifact.
        uri: Folder of its files.
        number: Id of the artifact; 0 for one that no metadata store has.
    """
    made = kind()
    made.uri, made.id = str(uri), number
    return made


def examples(uri: str | Path, splits: Sequence[str]) -> standard_artifacts.Examples:
    """Makes an Examples artifact of a folder that has these splits."""
    made = make(standard_artifacts.Examples, uri)
    made.split_names = artifact_utils.encode_split_names(list(splits))
    made.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    return made


def write_examples(
    uri: str | Path, splits: Mapping[str, Sequence[bytes]]
) -> standard_artifacts.Examples:
    """Writes serialized examples by split, as ExampleGen does, and makes their artifact."""
    for split, records in splits.items():
        folder = os.path.join(uri, f"Split-{split}")
        assert not tf.io.gfile.exists(folder)
        tf.io.gfile.makedirs(folder)
        tfrecords.write(f"{folder}/data-00000-of-00001.gz", records, "GZIP")
    return examples(uri, list(splits))


def data_accessor(artifact: standard_artifacts.Examples) -> tfx.components.DataAccessor:
    """Makes the accessor by which a Trainer's `run_fn` reads examples."""
    factory = tfxio_utils.get_tf_dataset_factory_from_artifact([artifact], ["Test"])
    return tfx.components.DataAccessor(
        tf_dataset_factory=factory, record_batch_factory=None, data_view_decode_fn=None
    )


def beam_context(directory: str | Path) -> base_beam_executor.BaseBeamExecutor.Context:
    """Makes the context of an executor that runs Beam in this process."""
    # Any image: without one, TFX packages itself for remote workers, which takes seconds.
    return base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=["--runner=FnApiRunner", "--sdk_container_image=unused"],
        tmp_dir=str(directory),
        unique_id="1",
    )
