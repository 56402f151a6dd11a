"""The study's metrics are those of TFMA and Keras, and its truth is what large samples tend to."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from benchmarks.study import fold_metrics
from benchmarks.study.fold_metrics import Sample
from benchmarks.study.simulated_runs import (
    METRICS,
    SimulatedRun,
    separation_of,
    sharpness_of,
    true_value,
)

_SIMULATED = SimulatedRun(np.array([1.5, 1.0]), np.array([1.0, 2.0]), 0.9, 0.25)
_CONFIG = """
model_specs { label_key: "label" prediction_key: "prediction" }
slicing_specs {}
metrics_specs {
  metrics { class_name: "AUC" }
  metrics { class_name: "BinaryAccuracy" }
  metrics { class_name: "BinaryCrossentropy" }
  metrics { class_name: "F1Score" }
}
"""
_NAMES = {
    "auc": "auc",
    "accuracy": "binary_accuracy",
    "mean loss": "binary_crossentropy",
    "f1": "f1_score",
}
# TFMA's AUC is interpolated between ten thousand thresholds.
_TOLERANCE = {"auc": 2e-4, "accuracy": 1e-6, "mean loss": 1e-5, "f1": 1e-6}


def _by_tfma(sample: Sample, model: int, kept: np.ndarray) -> Mapping[str, float]:
    frame = pd.DataFrame(
        {
            "label": sample.label[kept],
            "prediction": 1 / (1 + np.exp(-sample.output[model, kept].astype(np.float64))),
        }
    )
    result = tfma.analyze_raw_data(frame, text_format.Parse(_CONFIG, config_pb2.EvalConfig()))
    metrics = result.get_metrics_for_all_slices()[()]
    return {name: metrics[key]["doubleValue"] for name, key in _NAMES.items()}


def test_values_of_all_and_without_a_fold_are_those_of_tfma() -> None:
    sample = _SIMULATED.draw(np.random.default_rng(0), 2_000)
    everything = np.ones(2_000, bool)
    for model, fold in ((0, None), (1, 3)):
        kept = everything if fold is None else sample.fold != fold
        expected = _by_tfma(sample, model, kept)
        for name, metric in METRICS.items():
            found = metric(sample)
            value = found.value[model] if fold is None else found.leave_one_out[model, fold]
            assert value == pytest.approx(expected[name], rel=_TOLERANCE[name]), name


def _without(sample: Sample, fold: int) -> Sample:
    kept = sample.fold != fold
    sizes = sample.sizes.copy()
    sizes[fold] = 0
    return Sample(sample.label[kept], sample.output[:, kept], sizes)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", METRICS)
def test_values_without_a_fold_are_those_of_the_other_examples(name: str, ties: bool) -> None:
    sample = _SIMULATED.draw(np.random.default_rng(1), 200)
    if ties:
        sample = dataclasses.replace(sample, output=np.round(sample.output))
    found = METRICS[name](sample)
    for fold in range(sample.sizes.size):
        expected = METRICS[name](_without(sample, fold)).value
        assert found.leave_one_out[:, fold] == pytest.approx(expected, rel=1e-5)


def test_auc_of_four_examples() -> None:
    sample = Sample(
        np.array([0.0, 1.0, 0.0, 1.0]), np.array([[1.0, 1.0, 2.0, 3.0]]), np.array([2, 2])
    )
    found = fold_metrics.auc(sample)
    assert found.value.tolist() == [(0.5 + 0 + 1 + 1) / 4]
    assert found.leave_one_out.tolist() == [[1.0, 0.5]]


def test_mean_of_two_examples() -> None:
    sample = Sample(np.array([1.0, 2.0]), np.array([[0.5, 1.0]]), np.array([1, 1]))
    found = fold_metrics.mean(sample)
    assert found.value.tolist() == [0.75]
    assert found.leave_one_out.tolist() == [[1.0, 0.5]]
    (replicates,) = found.replicates()
    assert (replicates.value, replicates.left_out, replicates.examples) == (
        0.75,
        (1.0, 0.5),
        (1, 1),
    )


@pytest.mark.parametrize("name", METRICS)
def test_truth_is_what_a_large_sample_tends_to(name: str) -> None:
    sample = _SIMULATED.draw(np.random.default_rng(2), 300_000)
    found = METRICS[name](sample)
    (one, other) = found.replicates()
    for replicates, truth in zip((one, other), _SIMULATED.truth(name), strict=True):
        influences = replicates.influences()
        assert influences is not None
        assert replicates.value == pytest.approx(truth, abs=4 * np.linalg.norm(influences))


@pytest.mark.parametrize("name", METRICS)
def test_separation_inverts_the_true_value(name: str) -> None:
    value = true_value(name, 1.3, 1.0, 0.25)
    assert separation_of(name, value, 0.25) == pytest.approx(1.3)


def test_sharpness_inverts_the_true_loss() -> None:
    value = true_value("mean loss", 1.3, 2.5, 0.25)
    assert sharpness_of("mean loss", value, 1.3, 0.25) == pytest.approx(2.5)
