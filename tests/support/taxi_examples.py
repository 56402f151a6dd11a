"""Rows of the taxi data as serialized examples, with their schema."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import tensorflow as tf

from pipeline.problems.problem import repository
from tests.support import taxi_data

if TYPE_CHECKING:
    from tfx.types import standard_artifacts


def rows(count: int, seed: int = 7) -> pd.DataFrame:
    """Draws a random sample of the taxi rows."""
    return pd.read_csv(taxi_data.csv_file()).sample(count, random_state=seed)


def write_csv(path: Path, count: int, seed: int = 7) -> None:
    """Writes a random sample as a CSV file, every value spelled as in the original."""
    whole = pd.read_csv(taxi_data.csv_file(), dtype=str)
    whole.sample(count, random_state=seed).to_csv(path, index=False)


def serialize(row: pd.Series, integers: frozenset[str]) -> bytes:
    """Serializes a row as a tf.Example, without its missing values."""
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
    """Serializes a random sample."""
    return [serialize(row, INTEGERS) for _, row in rows(count).iterrows()]


def schema_artifact() -> "standard_artifacts.Schema":
    """Makes the artifact of the reviewed schema of the taxi data."""
    from tfx.types import standard_artifacts

    artifact = standard_artifacts.Schema()
    artifact.uri = str(repository() / "schemas" / "taxi")
    return artifact
