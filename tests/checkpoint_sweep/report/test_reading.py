"""What is read for a report: plots and losses as they may be on disk, and what importing costs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as proto

from checkpoint_sweep.report.document import VERSION, Losses
from checkpoint_sweep.report.payload import payload
from checkpoint_sweep.report.plots import PlotName
from checkpoint_sweep.report.read_losses import read_losses
from checkpoint_sweep.report.read_plots import calibration, read_plots, thresholds
from checkpoint_sweep.report.thinning import thin, thin_with
from tests.checkpoint_sweep.report import fake_report
from tests.checkpoint_sweep.tfma_views import tfma_results


def _estimator(folder: Path, losses: dict[int, float]) -> None:
    with tf.Graph().as_default():
        writer = tf.compat.v1.summary.FileWriter(str(folder))
        for step, loss in losses.items():
            value = tf.compat.v1.Summary.Value(tag="loss", simple_value=loss)
            writer.add_summary(tf.compat.v1.Summary(value=[value]), step)
        writer.close()


def _keras(folder: Path, tag: str, losses: dict[int, float]) -> None:
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        for step, loss in losses.items():
            tf.summary.scalar(tag, loss, step=step)
            tf.summary.scalar("epoch_loss", 7.0, step=step)
    writer.close()


def test_losses_of_an_estimator_are_read(tmp_path: Path) -> None:
    _estimator(tmp_path, {0: 1.0, 100: 0.5})
    _estimator(tmp_path / "eval", {100: 0.625})
    assert read_losses(str(tmp_path)) == Losses([(0, 1.0), (100, 0.5)], [(100, 0.625)])


def test_losses_of_keras_are_read(tmp_path: Path) -> None:
    _keras(tmp_path / "train", "batch_loss", {0: 1.0, 1: 0.5})
    _keras(tmp_path / "validation", "evaluation_loss_vs_iterations", {1: 0.75})
    assert read_losses(str(tmp_path)) == Losses([(0, 1.0), (1, 0.5)], [(1, 0.75)])


def test_a_file_that_is_still_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    _estimator(tmp_path, {0: 1.0, 100: 0.5})
    (path,) = tmp_path.glob("events*")
    path.write_bytes(path.read_bytes()[:-5])
    assert read_losses(str(tmp_path)).training == [(0, 1.0)]


@pytest.mark.parametrize("exists", [True, False])
def test_a_run_without_logs_has_no_losses(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path if exists else tmp_path / "missing"
    assert read_losses(str(folder)) == Losses([], [])


@pytest.mark.parametrize(("count", "most"), [(5, 10), (10, 10), (1000, 10), (11, 10)])
def test_thinning_keeps_first_and_last(count: int, most: int) -> None:
    points = [(step, float(step)) for step in range(count)]
    kept = thin(points, most)
    assert len(kept) == min(count, most)
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert kept == sorted(set(kept))


@pytest.mark.parametrize("chosen", [None, "0", "57", "199"])
def test_plots_are_kept_of_first_last_and_chosen(chosen: str | None) -> None:
    names = [str(i) for i in range(200)]
    kept = thin_with(names, chosen, 20)
    assert len(kept) <= 20
    assert {"0", "199"} <= set(kept)
    assert chosen is None or chosen in kept


NAME = PlotName(of="", name="")


def test_a_multi_class_confusion_matrix_is_read(tmp_path: Path) -> None:
    table = tfma_results.multi_class_rows()
    folder = tfma_results.write_results(tmp_path, table, tfma_results.MULTI_CLASS)

    (plot,) = (p for p in read_plots(folder, "") if p["kind"] == "classes")
    predictions = np.stack(table["prediction"])
    predicted = np.where(predictions.max(axis=1) > 0.4, predictions.argmax(axis=1), -1)
    pairs, counts = np.unique(
        np.stack([table["label"], predicted], axis=1), axis=0, return_counts=True
    )
    assert plot["threshold"] == pytest.approx(0.4)
    assert sorted(plot["entries"]) == [
        (*map(int, pair), float(n)) for pair, n in zip(pairs, counts, strict=True)
    ]
    assert plot["classes_left_out"] == 0


def test_only_the_plots_of_all_examples_are_read(tmp_path: Path) -> None:
    table = tfma_results.binary_rows(0.4)
    folder = tfma_results.write_results(tmp_path, table, tfma_results.BINARY)
    curve, buckets = (
        [p for p in read_plots(folder, "") if p["kind"] == kind]
        for kind in ("thresholds", "calibration")
    )
    assert len(curve) == len(buckets) == 1
    assert curve[0]["true_positives"][0] + curve[0]["false_positives"][0] <= len(table)
    assert sum(buckets[0]["examples"]) == len(table)
    assert len(tfma.load_eval_result(folder).plots) > 1


def test_many_thresholds_are_thinned() -> None:
    at = proto.ConfusionMatrixAtThresholds.ConfusionMatrixAtThreshold
    matrices = [at(threshold=i / 1000, true_positives=i) for i in range(-1, 1002)]
    plot = thresholds(NAME, matrices, most=11)
    assert plot["threshold"] == pytest.approx([i / 10 for i in range(11)])
    fewer = thresholds(NAME, matrices, most=3 + 1)["threshold"]
    assert fewer == pytest.approx([0, 0.333, 0.5, 0.667, 1])


def test_calibration_groups_keep_all_examples_and_sums() -> None:
    bucket = proto.CalibrationHistogramBuckets.Bucket
    random = np.random.default_rng(1)
    buckets = []
    for count in random.integers(0, 20, 1000):
        made = bucket()
        made.num_weighted_examples.value = count
        made.total_weighted_refined_prediction.value = count * 0.5
        made.total_weighted_label.value = count // 2
        buckets.append(made)
    plot = calibration(NAME, buckets, most=10)
    assert len(plot["examples"]) == 10
    assert max(plot["examples"]) < 1.1 * min(plot["examples"])
    assert sum(plot["examples"]) == sum(b.num_weighted_examples.value for b in buckets)
    labels = sum(n * x for n, x in zip(plot["examples"], plot["label"], strict=True))
    assert labels == pytest.approx(sum(b.total_weighted_label.value for b in buckets))


def test_a_page_too_large_keeps_the_selection_metric() -> None:
    made = fake_report.report(checkpoints=10, slices=5)
    cut = payload(made, most=10 * 6 * 2)
    assert cut["metrics_omitted"] == 1
    table = cut["values"]["step-00000100"]
    assert [[cell is None for cell in row] for row in table] == [
        [False, False, False],
        *[[False, True, False]] * 5,
    ]
    assert payload(made)["metrics_omitted"] == 0


def test_importing_the_package_imports_no_slow_library() -> None:
    code = (
        "import sys, checkpoint_sweep.report as r; assert r.read_sweep; "
        "print(*{'tensorflow', 'pandas', 'apache_beam', 'jinja2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_version_and_keys_of_the_report_are_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "report.md").read_text()
    assert f"version {VERSION}" in text
    for name in fake_report.report().to_dict():
        assert f"`{name}`" in text
