"""Opens examples from files: TFRecord, CSV, Parquet, or the folder of an Examples artifact."""

import codecs
import os
from collections.abc import Callable, Sequence

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio import tensor_adapter, tf_example_record

from checkpoint_sweep.common.files import walk
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.inputs.files import data_files, is_aside
from checkpoint_sweep.evaluation.inputs.source import ExamplesError, ExampleSource, check_files
from checkpoint_sweep.sweeping.tables.columns import TableColumns, of_schema
from checkpoint_sweep.sweeping.tables.formats import Format, format_of
from checkpoint_sweep.sweeping.tables.to_examples import to_examples

_SPLIT = "Split-"


def open_files(
    patterns: Sequence[str],
    split: str,
    schema: schema_pb2.Schema | None,
    directory: str,
    columns: Callable[[], TableColumns] | None = None,
    encoding: str = "utf-8",
) -> ExampleSource:
    """Opens files of examples.

    Args:
        patterns: Patterns of files; a folder stands for the files in and below it, that of an
            Examples artifact for those of one split.
        split: Split of an Examples artifact.
        schema: Schema of the examples; None for what is in them.
        directory: Directory for tables that become examples.
        columns: Function that lists what is read of tables, called if there are some; None for
            every column that a feature can hold.
        encoding: Encoding of CSV files without a byte order mark.

    Raises:
        ExamplesError: There are none, or they are of several kinds, or cannot be read.
    """
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise ExamplesError(
            f"There is no encoding {encoding!r}. Name one that Python knows, such as latin-1."
        ) from error
    try:
        found = [pattern for given in patterns for pattern in _patterns(given, split)]
        paths = list(dict.fromkeys(path for pattern in found for path in data_files(pattern)))
    except tf.errors.UnimplementedError as error:
        raise ExamplesError(
            f"TensorFlow has no file system for {', '.join(patterns)}. Install tensorflow-io, or "
            "copy the files to a local folder."
        ) from error
    if not paths:
        raise ExamplesError(f"There is no file at {', '.join(patterns)}. Name files that exist.")
    for pattern in found:
        check_files(pattern)
    unread: frozenset[str] = frozenset()
    if _are_tables(paths):
        wanted = columns() if columns else TableColumns(declared=of_schema(schema))
        written = to_examples(paths, wanted, directory, encoding)
        found, unread = [_literal(written.path)], written.unread
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
    return ExampleSource(sources, labelled, schema, _adapter_config(sources, schema), unread)


def check_has_splits(patterns: Sequence[str], split: str) -> None:
    """Checks that examples are folders of Examples artifacts, which have splits by name.

    Args:
        patterns: Patterns of files and folders.
        split: Name of the split that is asked for.

    Raises:
        ExamplesError: One is something else, so that there is nothing to take a split from.
    """
    for given in patterns:
        folders = data_files(_with_literal_folder(given))
        if not any(tf.io.gfile.glob(os.path.join(_literal(f), f"{_SPLIT}*")) for f in folders):
            raise ExamplesError(
                f"{given} is no folder of an Examples artifact, which has a split {split!r}. Say "
                "where its examples are: ",
                Words(f"other_splits={{{split!r}: FILES}}", f"--other-split={split}=FILES"),
                ".",
            )


def _are_tables(paths: Sequence[str]) -> bool:
    """Tells whether the files are tables, or all of them TFRecord files."""
    formats = {path: format_of(path) for path in paths}
    tables = [path for path, form in formats.items() if form is not Format.RECORDS]
    if tables and len(tables) < len(paths):
        other = next(path for path in paths if path not in tables)
        raise ExamplesError(
            f"{tables[0]} is a table, and {other} is a TFRecord file. Name files of one kind."
        )
    return bool(tables)


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
    given = _with_literal_folder(given)
    found = data_files(given)
    folders = [path for path in found if tf.io.gfile.isdir(path)]
    if not folders:
        return [given]
    files = [_literal(path) for path in found if path not in folders]
    return files + [pattern for folder in folders for pattern in _of_folder(folder, split)]


def _with_literal_folder(given: str) -> str:
    """Makes a pattern of which as much is literal as is there under this name."""
    there, pattern = given, ""
    while there and not tf.io.gfile.exists(there):
        there, slash, name = there.rpartition("/")
        pattern = f"{slash}{name}{pattern}"
    return _literal(there) + pattern


def _of_folder(given: str, split: str) -> list[str]:
    """Makes the patterns of the files in and below a folder."""
    names = [name.rstrip("/") for name in tf.io.gfile.listdir(given)]
    splits = sorted(name.removeprefix(_SPLIT) for name in names if name.startswith(_SPLIT))
    if splits:
        if split not in splits:
            raise ExamplesError(
                f"There is no split {split!r} in {given}; there are: {', '.join(splits)}. Name one "
                "of these."
            )
        return [os.path.join(_literal(os.path.join(given, _SPLIT + split)), "*")]
    below = sorted(
        (folder.rstrip("/"), folders, files)
        for folder, folders, files in walk(given)
        if not _is_below_aside(os.path.relpath(folder, given))
    )
    patterns: list[str] = []
    for folder, folders, files in below:
        shown = [name for name in files if not is_aside(name)]
        if shown and folders:  # A pattern for all would match the folders too.
            patterns += [_literal(os.path.join(folder, name)) for name in sorted(shown)]
        elif shown:
            patterns.append(os.path.join(_literal(folder), "*"))
    return patterns or [os.path.join(_literal(given), "*")]


def _is_below_aside(folder: str) -> bool:
    return any(is_aside(part) for part in folder.split("/") if part not in (".", ".."))


def _literal(path: str) -> str:
    """Makes the pattern that matches this path only."""
    return "".join(f"\\{letter}" if letter in "*?[\\" else letter for letter in path)
