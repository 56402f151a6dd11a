"""Finds out before the run whether there is a schema."""

from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.config import ConfigError


def check_schema(path: Path) -> None:
    """Checks that there is a schema in a file.

    Raises:
        ConfigError: there is none, or the file holds something else.
    """
    if not path.is_file():
        raise ConfigError(f"There is no schema at {path}. Name another by --schema.")
    try:
        schema = text_format.Parse(path.read_bytes(), schema_pb2.Schema())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        reason = str(error).rstrip(".")
        raise ConfigError(
            f"The schema {path} cannot be read: {reason}. Correct it, or name another by --schema."
        ) from error
    if not schema.feature:
        raise ConfigError(
            f"The schema {path} has no feature. Correct it, or name another by --schema."
        )
