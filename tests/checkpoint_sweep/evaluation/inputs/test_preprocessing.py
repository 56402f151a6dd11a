"""Labels, weights and slices that a preprocessing function of the SavedModel makes."""

import dataclasses
import os
from pathlib import Path

import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation import unsupported_reason
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import passthrough_model

ROWS = [
    {"p": [p], "tips": [tips], "payment": [payment]}
    for p, tips, payment in zip(
        (0.2, 0.9, 0.4, 0.7, 0.6), (0.0, 3.0, 0.5, 2.0, 0.0), "ccdcd", strict=True
    )
]
CONFIG = """
    model_specs {
      signature_name: "serving_default" label_key: "tips_xf" example_weight_key: "weight_xf"
      preprocessing_function_names: ["transform_features"]
    }
    slicing_specs {} slicing_specs { feature_keys: "payment_xf" }
    slicing_specs { feature_keys: "payment" }
    metrics_specs {
      metrics { class_name: "BinaryAccuracy" } metrics { class_name: "AUC" }
      metrics { class_name: "MeanLabel" } metrics { class_name: "ExampleCount" }
      metrics { class_name: "BinaryCrossentropy" }
    }
"""


class _Model(tf.Module):
    """As TFX's Keras templates export it; ``learned`` makes preprocessing depend on weights."""

    def __init__(self, scale: float, learned: bool) -> None:
        super().__init__()
        self.scale = tf.Variable(scale)
        self.learned = learned

    def _parse(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return tf.io.parse_example(
            examples,
            {
                "p": tf.io.FixedLenFeature([1], tf.float32),
                "tips": tf.io.FixedLenFeature([1], tf.float32),
                "payment": tf.io.FixedLenFeature([1], tf.string),
            },
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"outputs": self._parse(examples)["p"] * self.scale}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def transform(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = self._parse(examples)
        weight = parsed["tips"] + (self.scale if self.learned else 1.0)
        return {
            "tips_xf": tf.cast(parsed["tips"] > 1, tf.int64),
            "weight_xf": weight,
            "payment_xf": tf.cast(parsed["payment"] == b"c", tf.int64),
        }


def _write(directory: Path, scale: float, learned: bool = False) -> ModelSource:
    model = _Model(scale, learned)
    made = {"serving_default": model.serve, "transform_features": model.transform}
    tf.saved_model.save(model, os.fspath(directory), signatures=made)
    return ModelSource.from_saved_model(directory.name, os.fspath(directory))


@pytest.mark.parametrize("baseline", [False, True])
def test_preprocessed_features_give_stock_tfmas_metrics(baseline: bool, tmp_path: Path) -> None:
    data = passthrough_model.write_examples(tmp_path / "data", ROWS)
    models = [_write(tmp_path / f"model-{i}", scale) for i, scale in enumerate((1.0, 0.8))]
    text, deployed = CONFIG, None
    if baseline:
        spec = CONFIG[: CONFIG.index("slicing_specs")]
        named = spec.replace("{", '{ name: "candidate"', 1)
        other = spec.replace("{", '{ name: "baseline" is_baseline: true', 1)
        text = named + other + CONFIG.removeprefix(spec)
        deployed = _write(tmp_path / "deployed", 0.6)
    config = tfma_oracle.config(text, baseline=baseline)
    outputs = tfma_oracle.run_engine(data, config, models, str(tmp_path / "engine"), deployed)
    for model, ours in zip(models, outputs, strict=True):
        stock = tfma_oracle.run_tfma(
            data, config, model, str(tmp_path / "tfma" / model.name), deployed
        )
        name = "candidate" if baseline else None
        expected, actual = (tfma_oracle.load(output, name) for output in (stock, ours))
        assert tfma_oracle.differences(expected, actual) == []


@pytest.mark.parametrize(
    ("learned", "function", "reason"),
    [
        (False, "transform_features", None),
        (True, "transform_features", "may depend on the weights"),
        (False, "nowhere", "is no signature"),
    ],
)
def test_preprocessing_that_may_depend_on_weights_is_left_to_stock_tfma(
    learned: bool, function: str, reason: str | None, tmp_path: Path
) -> None:
    model = _write(tmp_path / "model", 1.0, learned)
    config = tfma_oracle.config(CONFIG.replace("transform_features", function))
    found = unsupported_reason(config, [model])
    assert found is None if reason is None else reason in str(found)


@pytest.mark.parametrize("function", ["transform_features", ""])
def test_exports_of_several_graphs_share_no_preprocessing(function: str, tmp_path: Path) -> None:
    config = tfma_oracle.config(CONFIG)
    del config.model_specs[0].preprocessing_function_names[:]
    config.model_specs[0].preprocessing_function_names.extend([function] if function else [])
    first, other = _write(tmp_path / "first", 1.0), _write(tmp_path / "other", 1.0, learned=True)
    again = dataclasses.replace(first, name="again")
    assert preprocessing.are_shared(config, [first, again])
    assert preprocessing.are_shared(config, [first, other]) is not bool(function)
