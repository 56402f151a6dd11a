"""What all contenders share: the prepared files, the checkpoints, the metrics and slices."""

import dataclasses
import itertools
import os
from pathlib import Path

import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2
from tfx_bsl.tfxio import tensor_adapter, tf_example_record

from checkpoint_sweep.model_run.checkpoints import Checkpoint, find_checkpoints
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel

BEAM_ARGS = ("--runner=FnApiRunner",)
SIGNATURE = "serving_default"
LABEL = "big_tipper"

_METRICS = (
    "ExampleCount",
    "AUC",
    "AUCPrecisionRecall",
    "BinaryAccuracy",
    "Precision",
    "Recall",
    "BinaryCrossEntropy",
    "Calibration",
)
_SLICES = "slicing_specs {} slicing_specs { feature_keys: 'trip_start_hour' }"


@dataclasses.dataclass(frozen=True)
class PreparedData:
    """The files that `benchmarks.engine.prepare` has made.

    Attributes:
        directory: Directory of these files.
    """

    directory: Path

    def examples(self, count: int) -> str:
        """Names the TFRecord file, compressed by gzip, of serialized raw `tf.Example`s."""
        return str(self.directory / f"raw-{count}.tfrecord.gz")

    def transformed(self, count: int) -> str:
        """Names the file of transformed examples, for what has no preprocessing of its own."""
        return str(self.directory / f"transformed-{count}.tfrecord.gz")

    @property
    def transform_graph(self) -> str:
        """Transform's output directory."""
        return str(self.directory / "transform_graph")

    @property
    def exported_model(self) -> str:
        """The exported SavedModel."""
        return str(self.directory / "exported_model")

    @property
    def model_run(self) -> str:
        """Directory of the checkpoints."""
        return str(self.directory / "model_run")

    def saved_model(self, checkpoint: Checkpoint) -> str:
        """Names the SavedModel of a checkpoint, for what cannot swap weights."""
        return str(self.directory / "saved_models" / checkpoint.name)

    def checkpoints(self, count: int) -> list[Checkpoint]:
        """Finds the last `count` checkpoints, by step.

        Raises:
            ValueError: there are not so many.
        """
        found = find_checkpoints(self.model_run)
        if len(found) < count:
            raise ValueError(f"{count} checkpoints are needed; {self.model_run} has {len(found)}.")
        return found[-count:]

    def sources(self, count: int) -> list[ModelSource]:
        """Gives the last `count` checkpoints as the engine takes them.

        Where the run has fewer, all of them come again under other names.
        """
        exported, own = SavedModel(self.exported_model), find_checkpoints(self.model_run)
        if count <= len(own):
            return [ModelSource(one.name, exported, one.prefix) for one in own[-count:]]
        return [
            ModelSource(f"{one.name}-{number}", exported, one.prefix)
            for number, one in zip(range(count), itertools.cycle(own), strict=False)
        ]

    def schema(self) -> schema_pb2.Schema:
        """Reads the reviewed schema of the raw examples."""
        path = self.directory / "schema.pbtxt"
        return text_format.Parse(path.read_text(), schema_pb2.Schema())

    def tfxio(self, count: int) -> tf_example_record.TFExampleRecord:
        """Reads the raw examples as the pipeline's nodes do."""
        return tf_example_record.TFExampleRecord(
            file_pattern=self.examples(count),
            schema=self.schema(),
            raw_record_column_name=tfma.ARROW_INPUT_COLUMN,
            telemetry_descriptors=["Benchmark"],
        )


def adapter_config(source: tf_example_record.TFExampleRecord) -> tensor_adapter.TensorAdapterConfig:
    """Tells TFMA how the columns of a source become tensors."""
    return tensor_adapter.TensorAdapterConfig(
        arrow_schema=source.ArrowSchema(), tensor_representations=source.TensorRepresentations()
    )


def eval_config(model_names: tuple[str, ...] = ("",)) -> config_pb2.EvalConfig:
    """Makes a config of eight metrics, overall and for each of 24 hours, without thresholds."""
    specs = " ".join(
        f"model_specs {{ name: '{name}' signature_name: '{SIGNATURE}' label_key: '{LABEL}' }}"
        for name in model_names
    )
    metrics = " ".join(f"metrics {{ class_name: '{name}' }}" for name in _METRICS)
    config = text_format.Parse(
        f"{specs} {_SLICES} metrics_specs {{ {metrics} }}", config_pb2.EvalConfig()
    )
    return tfma.utils.update_eval_config_with_defaults(config)


def tfma_outcome(directory: str, model_name: str = "") -> tuple[int, float]:
    """Reads the number of examples and the AUC of all examples from TFMA's result files."""
    result = tfma.load_eval_result(directory, model_name=model_name or None)
    metrics = dict(result.slicing_metrics)[()][""][""]
    return int(metrics["example_count"]["doubleValue"]), metrics["auc"]["doubleValue"]


def newest(directory: Path) -> Path:
    """Finds the output of the last execution of a TFX node, whose folders are numbered.

    Raises:
        FileNotFoundError: the node has no output there.
    """
    numbers = [name for name in os.listdir(directory) if name.isdigit()]
    if not numbers:
        raise FileNotFoundError(f"{directory} has no output of a finished run.")
    return directory / max(numbers, key=int)
