"""Opens examples from files: TFRecord, CSV, Parquet, or the folder of an Examples artifact."""

import os
from collections.abc import Sequence

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio import tensor_adapter, tf_example_record

from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.inputs.source import ExamplesError, ExampleSource, check_files
from checkpoint_sweep.sweeping import tables

_SPLIT = "Split-"


def open_files(
    patterns: Sequence[str], split: str, schema: schema_pb2.Schema | None, directory: str
) -> ExampleSource:
    """Opens files of examples.

    Args:
        patterns: Patterns of files; a folder stands for the files in it, that of an Examples
            artifact for those of one split.
        split: Split of an Examples artifact.
        schema: Schema of the examples; None for what is in them.
        directory: Directory for tables that become examples.

    Raises:
        ExamplesError: There are none, or they are of several kinds, or cannot be read.
    """
    found = [pattern for given in patterns for pattern in _patterns(given, split)]
    paths = [path for pattern in found for path in sorted(tf.io.gfile.glob(pattern))]
    if not paths:
        raise ExamplesError(f"There is no file at {', '.join(patterns)}. Name files that exist.")
    of_tables = [path for path in paths if path.endswith(tables.SUFFIXES)]
    if of_tables:
        if len(of_tables) < len(paths):
            raise ExamplesError(
                f"There are tables and other files at {', '.join(patterns)}. Name files of one "
                "kind."
            )
        for path in paths:
            check_files(path)
        found = [tables.to_examples(paths, directory)]
    for pattern in found:
        check_files(pattern)
    labelled = {str(number): pattern for number, pattern in enumerate(found)}
    sources = {
        label: tf_example_record.TFExampleRecord(
            pattern,
            schema=schema,
            raw_record_column_name=tfma.ARROW_INPUT_COLUMN,
            telemetry_descriptors=["checkpoint-sweep"],
        )
        for label, pattern in labelled.items()
    }
    return ExampleSource(sources, labelled, schema, _adapter_config(sources, schema))


def _adapter_config(
    sources: dict[str, tf_example_record.TFExampleRecord], schema: schema_pb2.Schema | None
) -> tensor_adapter.TensorAdapterConfig | None:
    if schema is None:
        return None
    source = next(iter(sources.values()))
    try:
        return tensor_adapter.TensorAdapterConfig(
            arrow_schema=source.ArrowSchema(),
            tensor_representations=source.TensorRepresentations(),
        )
    except (ValueError, RuntimeError) as error:
        raise ExamplesError(
            f"The schema cannot be used: {first_line(error)}. Correct it, or give none."
        ) from error


def _patterns(given: str, split: str) -> list[str]:
    """Lists the patterns of the files that a pattern or a folder stands for."""
    folders = [path for path in sorted(tf.io.gfile.glob(given)) if tf.io.gfile.isdir(path)]
    return [_of_folder(folder, split) for folder in folders] or [given]


def _of_folder(given: str, split: str) -> str:
    """Makes the pattern of the files of a folder."""
    names = [name.rstrip("/") for name in tf.io.gfile.listdir(given)]
    splits = sorted(name.removeprefix(_SPLIT) for name in names if name.startswith(_SPLIT))
    if not splits:
        return os.path.join(given, "*")
    if split not in splits:
        raise ExamplesError(
            f"There is no split {split!r} in {given}; there are: {', '.join(splits)}. Name one of "
            "these."
        )
    return os.path.join(given, _SPLIT + split, "*")
