"""Rows of the taxi data that tfx ships, as serialized examples and as an Examples artifact."""

from pathlib import Path

import pandas as pd
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from pipeline.problems.problem import repository
from pipeline.problems.taxi.problem import taxi_data


def rows(count: int, seed: int = 7) -> pd.DataFrame:
    """A random sample of the taxi rows."""
    return pd.read_csv(taxi_data() / "data.csv").sample(count, random_state=seed)


def write_csv(path: Path, count: int, seed: int = 7) -> None:
    """A random sample as a CSV file, every value spelled as in the original."""
    whole = pd.read_csv(taxi_data() / "data.csv", dtype=str)
    whole.sample(count, random_state=seed).to_csv(path, index=False)


def serialize(row: pd.Series, integers: frozenset[str]) -> bytes:
    """One row as a serialized tf.Example, without its missing values."""
    example = tf.train.Example()
    for name, value in row.items():
        if pd.isna(value):
            continue
        feature = example.features.feature[name]
        if isinstance(value, str):
            feature.bytes_list.value.append(value.encode())
        elif name in integers:
            feature.int64_list.value.append(int(value))
        else:
            feature.float_list.value.append(value)
    return bytes(example.SerializeToString(deterministic=True))


INTEGERS = frozenset(
    {
        "big_tipper",
        "trip_seconds",
        "trip_start_month",
        "trip_start_day",
        "trip_start_hour",
        "trip_start_timestamp",
        "pickup_community_area",
        "dropoff_community_area",
        "pickup_census_tract",
        "dropoff_census_tract",
    }
)


def serialized(count: int) -> list[bytes]:
    """Serialized examples of a random sample."""
    return [serialize(row, INTEGERS) for _, row in rows(count).iterrows()]


def write_examples(directory: Path, splits: dict[str, list[bytes]]) -> standard_artifacts.Examples:
    """An Examples artifact with these splits, as ExampleGen writes it."""
    for split, examples in splits.items():
        folder = directory / f"Split-{split}"
        folder.mkdir(parents=True)
        options = tf.io.TFRecordOptions(compression_type="GZIP")
        with tf.io.TFRecordWriter(str(folder / "data-00000-of-00001.gz"), options) as writer:
            for example in examples:
                writer.write(example)
    artifact = standard_artifacts.Examples()
    artifact.uri = str(directory)
    artifact.split_names = artifact_utils.encode_split_names(list(splits))
    artifact.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    return artifact


def schema_artifact() -> standard_artifacts.Schema:
    """The reviewed schema of the taxi data."""
    artifact = standard_artifacts.Schema()
    artifact.uri = str(repository() / "schemas" / "taxi")
    return artifact
