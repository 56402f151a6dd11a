"""Reads what ExampleValidator found."""

import os

import tensorflow as tf
from tensorflow_metadata.proto.v0 import anomalies_pb2

_SPLIT = "Split-"


def read_anomalies(directory: str) -> list[str]:
    """Reads one sentence for each feature that departs from the schema, split by split.

    Args:
        directory: Directory of an ExampleAnomalies artifact.
    """
    found = []
    for file in sorted(tf.io.gfile.glob(os.path.join(directory, f"{_SPLIT}*", "SchemaDiff.pb"))):
        with tf.io.gfile.GFile(file, "rb") as opened:
            anomalies = anomalies_pb2.Anomalies.FromString(opened.read())
        split = os.path.basename(os.path.dirname(file)).removeprefix(_SPLIT)
        found += [
            f"{feature} ({split}): {info.description}"
            for feature, info in sorted(anomalies.anomaly_info.items())
        ]
    return found
