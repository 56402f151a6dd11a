"""What all contenders of the benchmark on ResNet evaluate."""

import dataclasses
from collections.abc import Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class ResnetJob:
    """The same for every contender.

    Attributes:
        exported_model: Directory of the exported SavedModel.
        model_run: Directory of the checkpoints.
        examples: TFRecord file, compressed by gzip.
        count: Number of examples in it.
        batch_size: Number of examples in a batch.
        last: Number of checkpoints to evaluate, the last ones of the run.
    """

    exported_model: str
    model_run: str
    examples: str
    count: int
    batch_size: int
    last: int

    def checkpoints(self) -> Sequence[Any]:
        """Finds the checkpoints, by step."""
        from checkpoint_sweep.model_run.checkpoints import find_checkpoints

        return find_checkpoints(self.model_run)[-self.last :]

    def sources(self) -> list[Any]:
        """Gives the checkpoints as the engine takes them, with their averaged weights."""
        from checkpoint_sweep.model_run.candidates import candidates_of
        from checkpoint_sweep.model_run.checkpoints import find_checkpoints
        from checkpoint_sweep.saved_model.saved_model import SavedModel

        exported, found = SavedModel(self.exported_model), find_checkpoints(self.model_run)
        return list(candidates_of(exported, found, self.checkpoints()).values())

    def schema(self) -> Any:
        """Reads the reviewed schema."""
        from google.protobuf import text_format
        from tensorflow_metadata.proto.v0 import schema_pb2

        from pipeline.problems.digits.problem import digits_resnet

        return text_format.Parse(digits_resnet().schema.read_text(), schema_pb2.Schema())

    def tfxio(self) -> Any:
        """Makes TFX's reader of the examples."""
        import tensorflow_model_analysis as tfma
        from tfx_bsl.tfxio import tf_example_record

        return tf_example_record.TFExampleRecord(
            file_pattern=self.examples,
            schema=self.schema(),
            raw_record_column_name=tfma.ARROW_INPUT_COLUMN,
            telemetry_descriptors=["Benchmark"],
        )
