"""Reads what ExampleValidator found."""

from pathlib import Path

from tensorflow_metadata.proto.v0 import anomalies_pb2


def read_anomalies(directory: str) -> list[str]:
    """One sentence for each feature that departs from the schema, split by split.

    Args:
        directory: of an ExampleAnomalies artifact.
    """
    found = []
    for file in sorted(Path(directory).glob("Split-*/SchemaDiff.pb")):
        anomalies = anomalies_pb2.Anomalies.FromString(file.read_bytes())
        split = file.parent.name.removeprefix("Split-")
        found += [
            f"{feature} ({split}): {info.description}"
            for feature, info in sorted(anomalies.anomaly_info.items())
        ]
    return found
