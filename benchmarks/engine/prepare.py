"""Makes a benchmark's data from a finished run of the pipeline.

    python -m benchmarks.engine.prepare RUN DIRECTORY CHECKPOINTS EXAMPLES...

It is made anew each time: half a minute, and it is always that of the run.
"""

import itertools
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import tensorflow as tf
import tensorflow_transform as tft

from benchmarks.common.prepared_data import PreparedData, newest
from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from pipeline.problems.problem import repository
from pipeline.problems.taxi import features

_GZIP = "GZIP"


def prepare(run: Path, directory: Path, checkpoints: int, counts: Sequence[int]) -> None:
    """Writes everything that `PreparedData` names; the directory appears once it is complete.

    Args:
        run: Root folder of a finished run of the taxi pipeline.
        directory: Directory to write; what is there is replaced.
        checkpoints: Number of checkpoints, the last ones, that become SavedModels too.
        counts: Numbers of examples. The run's own, all splits together, are cut, or repeated and
            then cut.
    """
    with replacing(directory) as scratch:
        prepared = PreparedData(Path(scratch))
        prepared.directory.mkdir()
        _fill(prepared, run, checkpoints, counts)
        shutil.rmtree(directory, ignore_errors=True)


def _fill(prepared: PreparedData, run: Path, checkpoints: int, counts: Sequence[int]) -> None:
    """Writes into the directory of `prepared`, which is empty."""
    shutil.copytree(newest(run / "Transform/transform_graph"), prepared.transform_graph)
    shutil.copytree(newest(run / "Trainer/model") / "Format-Serving", prepared.exported_model)
    shutil.copytree(newest(run / "Trainer/model_run"), prepared.model_run)
    shutil.copy(repository() / "schemas/taxi/schema.pbtxt", prepared.directory / "schema.pbtxt")
    for checkpoint in prepared.checkpoints(checkpoints):
        source = ModelSource(
            checkpoint.name, SavedModel(prepared.exported_model), checkpoint.prefix
        )
        write_saved_model(source, prepared.saved_model(checkpoint))
    raw = _read(newest(run / "CsvExampleGen/examples"))
    transformed = _transform(raw, prepared.transform_graph)
    for count in counts:
        _write(prepared.examples(count), itertools.islice(itertools.cycle(raw), count))
        _write(prepared.transformed(count), itertools.islice(itertools.cycle(transformed), count))


def _read(examples: Path) -> list[bytes]:
    """Reads the serialized examples of all splits."""
    files = sorted(str(path) for path in examples.glob("Split-*/*.gz"))
    return list(tf.data.TFRecordDataset(files, _GZIP).as_numpy_iterator())


def _transform(serialized: Sequence[bytes], transform_graph: str) -> list[bytes]:
    """Transforms the examples as Transform would have, for all splits."""
    output = tft.TFTransformOutput(transform_graph)
    wanted = output.raw_feature_spec()
    columns = output.transform_features_layer()(tf.io.parse_example(serialized, wanted))
    values = {name: tf.reshape(column, [-1]).numpy() for name, column in columns.items()}
    assert features.LABEL in values
    return [_example(values, row) for row in range(len(serialized))]


def _example(columns: dict, row: int) -> bytes:
    example = tf.train.Example()
    for name, values in columns.items():
        feature = example.features.feature[name]
        kind = feature.float_list if values.dtype.kind == "f" else feature.int64_list
        kind.value.append(values[row].item())
    return example.SerializeToString()


def _write(path: str, records: Iterable[bytes]) -> None:
    options = tf.io.TFRecordOptions(compression_type=_GZIP, compression_level=1)
    with tf.io.TFRecordWriter(path, options) as writer:
        for record in records:
            writer.write(record)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), [*map(int, sys.argv[4:])])
