"""A user's own Trainer, examples and metric: what docs/bring-your-own.md says works."""

import dataclasses
import runpy
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_transform.tf_metadata import schema_utils
from tfx_bsl.coders import example_coder
from tfx_bsl.public import tfxio

from checkpoint_sweep.metrics.batch_metric import BatchMetric, Formula
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from pipeline.problems.problem import repository
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Sweep
from tests.support import keras_run, tfrecords, tfx_artifacts

pytestmark = pytest.mark.slow

LOWER = Direction.LOWER_IS_BETTER


@dataclasses.dataclass(frozen=True)
class _MyError(Formula):
    fields = ("total", "weight")

    def terms(
        self, label: np.ndarray, prediction: np.ndarray, weight: np.ndarray
    ) -> Sequence[np.ndarray]:
        return np.abs(label - prediction) * weight, weight

    def value(self, buckets: np.ndarray, totals: np.ndarray) -> float:
        total, weight = totals.sum(axis=0)
        return total / weight


class MyError(BatchMetric):
    """A user's own metric: the mean absolute error."""

    def __init__(self, name: str = "my_error") -> None:
        super().__init__(_MyError(), name)


def _config(label: str, model_spec: str = "") -> str:
    text = f"""
    model_specs {{ label_key: "{label}" {model_spec} }}
    slicing_specs {{}}
    metrics_specs {{ metrics {{ class_name: "MyError" module: "{__name__}" }} }}
    """
    return json_format.MessageToJson(text_format.Parse(text, config_pb2.EvalConfig()))


def _values(swept: Any) -> dict[int, float]:
    return {c["step"]: c["value"] for c in swept.verdicts["checkpoints"]}


def test_the_documented_keras_trainer_and_an_own_metric(
    tmp_path: Path, sweep: Sweep, examples: list[bytes]
) -> None:
    module = runpy.run_path(str(repository() / "examples" / "tfx" / "my_keras_model.py"))
    tfx_artifacts.write_examples(tmp_path / "own", {"train": examples})
    export = tmp_path / "exported" / "Format-Serving"
    module["run_fn"](
        types.SimpleNamespace(
            train_files=[str(tmp_path / "own" / "Split-train" / "*")],
            model_run_dir=str(tmp_path / "run"),
            serving_model_dir=str(export),
            train_steps=150,
        )
    )
    run = types.SimpleNamespace(model_run=tmp_path / "run", export=export)
    swept = sweep(
        run,
        eval_config=_config("big_tipper"),
        selection=Selection("my_error", direction=LOWER).to_json(),
    )
    values = _values(swept)
    assert list(values) == [1, 2, 3]
    assert swept.verdicts["chosen"] == f"step-{min(values, key=lambda s: values[s]):08d}"
    exported = tf.saved_model.load(str(Path(swept.model.uri) / "Format-Serving"))
    served = exported.signatures["serving_default"](examples=tf.constant(examples[:200]))
    labels = tf.io.parse_example(
        examples[:200], {"big_tipper": tf.io.FixedLenFeature([1], tf.int64)}
    )["big_tipper"].numpy()
    error = np.abs(labels - served["probability"].numpy().astype(np.float64)).mean()
    assert min(values.values()) == pytest.approx(error, rel=1e-6)


def _preprocessing(inputs: dict) -> dict:
    """Features and a label that only Transform makes."""
    fare = tft.scale_to_z_score(tf.squeeze(tf.sparse.to_dense(inputs["fare"]), 1))
    tips = tf.squeeze(tf.sparse.to_dense(inputs["tips"]), 1)
    return {"fare_xf": fare, "generous_xf": tf.cast(tips > 2.0, tf.int64)}


def _transform(directory: Path, examples: list[bytes]) -> tuple[str, list[bytes]]:
    """The folder of a real Transform's output, and the transformed examples."""
    records = directory / "raw.tfrecord"
    tfrecords.write(records, examples)
    schema = schema_utils.schema_from_feature_spec(
        {name: tf.io.VarLenFeature(tf.float32) for name in ("fare", "tips")}
    )
    source = tfxio.TFExampleRecord(str(records), schema=schema)
    written = directory / "transformed.tfrecord"
    with (
        beam.Pipeline(runner=FnApiRunner()) as pipeline,
        tft_beam.Context(temp_dir=str(directory / "scratch")),
    ):
        raw = pipeline | source.BeamSource()
        (batches, _), function = (
            raw,
            source.TensorAdapterConfig(),
        ) | tft_beam.AnalyzeAndTransformDataset(_preprocessing, output_record_batches=True)
        _ = function | tft_beam.WriteTransformFn(str(directory / "transform"))
        _ = (
            batches
            | beam.FlatMapTuple(lambda b, _: example_coder.RecordBatchToExamplesEncoder().encode(b))
            | beam.io.WriteToTFRecord(str(written), shard_name_template="")
        )
    return str(directory / "transform"), tfrecords.read(written)


def test_raw_examples_and_transformed_ones_give_the_same_values(
    tmp_path: Path, sweep: Sweep, examples: list[bytes]
) -> None:
    directory, transformed = _transform(tmp_path, examples[:200])
    output = tft.TFTransformOutput(directory)

    def export(path: str, model: Any) -> None:
        model.transform_layer = output.transform_features_layer()
        spec = {"fare_xf": tf.io.FixedLenFeature([], tf.float32)}
        raw_spec = {name: tf.io.VarLenFeature(tf.float32) for name in ("fare", "tips")}

        def predict(fare: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probability": model(tf.stack([fare, tf.ones_like(fare)], axis=1))}

        signature = [tf.TensorSpec([None], tf.string, name="examples")]

        @tf.function(input_signature=signature)
        def on_raw(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            features = model.transform_layer(tf.io.parse_example(examples, raw_spec))
            return predict(features["fare_xf"])

        @tf.function(input_signature=signature)
        def on_transformed(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            return predict(tf.io.parse_example(examples, spec)["fare_xf"])

        tf.saved_model.save(
            model, path, signatures={"serving_default": on_raw, "transformed": on_transformed}
        )

    (tmp_path / "keras").mkdir()
    run = keras_run.make(tmp_path / "keras", keras_run.sequential, keras_run.manager, export)
    selection = Selection("mean_prediction", direction=LOWER).to_json()
    values = []
    for label, spec, data in (
        ("big_tipper", "", examples[:200]),
        ("generous_xf", 'signature_name: "transformed"', transformed),
    ):
        config = json_format.Parse(_config(label, spec), config_pb2.EvalConfig())
        config.metrics_specs[0].metrics.add(class_name="MeanPrediction")
        artifact = tfx_artifacts.write_examples(tmp_path / label, {"eval": data})
        swept = sweep(
            run,
            examples=artifact,
            eval_config=json_format.MessageToJson(config),
            selection=selection,
        )
        values.append(_values(swept))
    assert list(values[0]) == list(keras_run.STEPS)
    assert values[0] == pytest.approx(values[1], rel=1e-6)
    assert len(set(values[0].values())) == len(values[0])
