"""Opens TFX Schema artifacts."""

from collections.abc import Sequence

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.types import artifact_utils
from tfx.utils import io_utils
from tfx_bsl.tfxio import tensor_adapter, tfxio

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import files_below, special_file
from checkpoint_sweep.common.text import first_line


class SchemaError(UserError):
    """The schema cannot be used; the message says why."""


def read(artifacts: Sequence[types.Artifact]) -> schema_pb2.Schema:
    """Reads the schema in a Schema artifact.

    Raises:
        SchemaError: There is none, or not just one, or it is damaged.
    """
    directory = artifact_utils.get_single_uri(list(artifacts))
    if path := special_file(files_below(directory)):
        raise _error(path, "it is not a regular file")
    try:
        return io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(directory))
    except (OSError, RuntimeError, ValueError, text_format.ParseError) as error:
        reason = first_line(error) if str(error) else "there is nothing"
        raise _error(directory, reason) from error


def adapter_config(
    artifacts: Sequence[types.Artifact], source: tfxio.TFXIO
) -> tensor_adapter.TensorAdapterConfig:
    """Says how the columns of examples become tensors, by a schema.

    Raises:
        SchemaError: It has features that are no columns.
    """
    try:
        return tensor_adapter.TensorAdapterConfig(
            arrow_schema=source.ArrowSchema(),
            tensor_representations=source.TensorRepresentations(),
        )
    except (ValueError, RuntimeError) as error:
        directory = artifact_utils.get_single_uri(list(artifacts))
        raise _error(directory, first_line(error)) from error


def _error(where: str, reason: str) -> SchemaError:
    return SchemaError(
        f"The schema at {where} cannot be used: {reason}. Make it again, or give none."
    )
