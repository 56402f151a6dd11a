"""Opens TFX Examples artifacts for an evaluation."""

from collections.abc import Sequence

import tensorflow_model_analysis as tfma
from tfx import types
from tfx.components.util import tfxio_utils
from tfx.types import artifact_utils
from tfx.utils import io_utils

from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.inputs.source import ExamplesError, ExampleSource, check_files
from checkpoint_sweep.tfx_components import schemas


def open_examples(
    artifacts: Sequence[types.Artifact],
    splits: Sequence[str],
    schema: Sequence[types.Artifact] | None,
    telemetry: str,
    argument: str = "example_splits",
) -> ExampleSource:
    """Opens the named splits.

    Args:
        artifacts: Examples artifacts.
        splits: Names of the splits, read together.
        schema: Schema artifact, if there is one.
        telemetry: Name of the reader in Beam's counters.
        argument: Argument of the component that names the splits, for messages.

    Raises:
        ExamplesError: A split does not exist, or none is named.
    """
    if not splits:
        raise ExamplesError(f"{argument} is empty; name at least one split.")
    for artifact in artifacts:
        known = artifact_utils.decode_split_names(artifact.split_names)
        if unknown := [split for split in splits if split not in known]:
            raise ExamplesError(
                f"There is no split {unknown[0]!r} in the examples at {artifact.uri}; there are: "
                f"{', '.join(known)}. Name these in {argument}."
            )
    patterns = {
        f"{split}-{index}": io_utils.all_files_pattern(uri)
        for split in splits
        for index, uri in enumerate(artifact_utils.get_split_uris(list(artifacts), split))
    }
    for pattern in patterns.values():
        check_files(pattern)
    parsed = schemas.read(schema) if schema else None
    try:
        factory = tfxio_utils.get_tfxio_factory_from_artifact(
            examples=list(artifacts),
            telemetry_descriptors=[telemetry],
            schema=parsed,
            raw_record_column_name=tfma.ARROW_INPUT_COLUMN,
        )
        sources = {label: factory(pattern) for label, pattern in patterns.items()}
    except (AssertionError, NotImplementedError, ValueError, RuntimeError) as error:
        raise ExamplesError(
            f"The examples at {artifacts[0].uri} are of a format that cannot be read: "
            f"{first_line(error)}. Give tf.Examples, as any ExampleGen writes them by default."
        ) from error
    config = None
    if schema:
        config = schemas.adapter_config(schema, next(iter(sources.values())))
    return ExampleSource(sources, patterns, parsed, config)
