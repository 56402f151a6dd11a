"""What is left of a metric without a fold is what TFMA computes without those examples."""

import dataclasses
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep.common.names import ModelNames
from checkpoint_sweep.evaluation.jackknife import folds, leave_one_out
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec, find_tracked_metrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.selection.metric_lookup import metric_name
from checkpoint_sweep.selection.replicates import Replicates
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle
from tests.support import tfrecords

EXAMPLES = 300

BINARY = """
    model_specs { label_key: "big_tipper" example_weight_key: "weight" }
    slicing_specs {}
    slicing_specs { feature_keys: "payment_type" }
    metrics_specs {
      metrics { class_name: "AUC"
        per_slice_thresholds {
          slicing_specs { feature_keys: "payment_type" }
          threshold { value_threshold { lower_bound { value: 0.1 } } }
        }
      }
      metrics { class_name: "AUCPrecisionRecall" %(value)s }
      metrics { class_name: "BinaryAccuracy" %(value)s }
      metrics { class_name: "F1Score" %(value)s }
      metrics { class_name: "BinaryCrossentropy" %(value)s }
      metrics { class_name: "Calibration" %(value)s }
      metrics { class_name: "ExampleCount" }
      metrics { class_name: "SquaredPearsonCorrelation" %(value)s }
      metrics { class_name: "SpecificityAtSensitivity" config: '"sensitivity": 0.5' %(value)s }
    }
    metrics_specs {
      example_weights { weighted: true unweighted: true }
      metrics { class_name: "MeanLabel" %(value)s }
    }
"""
VALUE = "threshold { value_threshold { lower_bound { value: -9 } } }"
MULTICLASS = """
    model_specs { label_key: "day" }
    slicing_specs {}
    metrics_specs {
      binarize { class_ids: { values: [1, 3] } }
      aggregate { macro_average: true class_weights { key: 1 value: 1 }
        class_weights { key: 3 value: 1 } }
      metrics { class_name: "AUC" %(value)s }
      metrics { class_name: "Precision" }
    }
    metrics_specs { metrics { class_name: "SparseCategoricalCrossentropy" %(value)s } }
"""
QUERIES = """
    model_specs { label_key: "big_tipper" }
    slicing_specs {}
    metrics_specs {
      query_key: "trip_start_hour"
      metrics { class_name: "QueryStatistics" }
      metrics { class_name: "MinLabelPosition" %(value)s }
    }
    metrics_specs { metrics { class_name: "AUC" %(value)s } }
"""
CASES = {
    "binary": ("binary", BINARY, "auc"),
    "classes": ("multiclass", MULTICLASS, "sparse_categorical_crossentropy"),
    "queries": ("binary", QUERIES, "auc"),
}


def _serialized(data: str) -> list[bytes]:
    return list(tf.compat.v1.io.tf_record_iterator(data))


def _fold_of(record: bytes, query_key: str | None) -> int:
    if query_key is None:
        batch = pa.RecordBatch.from_arrays([pa.array([[record]])], [tfma.ARROW_INPUT_COLUMN])
        return int(folds.of_examples(batch)[0])
    feature = tf.train.Example.FromString(record).features.feature[query_key]
    return folds.of_query(str(feature.int64_list.value[0]))


def _without(data: str, fold: int, query_key: str | None, path: Path) -> str:
    """The examples of all other folds."""
    kept = (r for r in _serialized(data) if _fold_of(r, query_key) != fold)
    return tfrecords.write(path, kept)


def _values(directory: str, tracked_metrics: UncertaintySpec) -> dict[tuple[Any, ...], float]:
    """The metrics that decide, by slice and name, of TFMA's results."""
    found: dict[tuple[Any, ...], float] = {}
    both = tracked_metrics.computed_both_ways
    for record in tfma.load_metrics(directory):
        key = tfma.slicer.slicer_lib.deserialize_slice_key(record.slice_key)
        for entry in record.metric_keys_and_values:
            full = metric_name(tfma.metrics.MetricKey.from_proto(entry.key), both)
            if full in tracked_metrics.names and tracked_metrics.applies(key):
                found[key, full] = entry.value.double_value.value
    return found


def _replicates(directory: str) -> dict[tuple[Any, ...], Replicates]:
    return {key: found.own for key, found in read_replicates(directory, ModelNames()).items()}


@pytest.mark.parametrize("case", CASES)
def test_replicates_equal_stock_tfmas_metrics_without_the_fold(case: str, tmp_path: Path) -> None:
    kind, text, metric = CASES[case]
    eval_config = tfma_oracle.config(text % {"value": VALUE})
    data = taxi_models.write_examples(str(tmp_path / "data"), EXAMPLES)
    models = taxi_models.write_models(str(tmp_path), kind, 2)
    tracked_metrics = find_tracked_metrics(eval_config, Selection(metric))
    assert tracked_metrics is not None
    directories = tfma_oracle.run_engine(
        data,
        eval_config,
        models,
        str(tmp_path / "engine"),
        batch_size=97,
        tracked_metrics=tracked_metrics,
    )
    found = _replicates(directories[1])
    whole = {key: replicates.value for key, replicates in found.items()}
    assert whole == pytest.approx(_values(directories[1], tracked_metrics), nan_ok=True)
    query_key = "trip_start_hour" if case == "queries" else None
    deciding = "min_label_position" if query_key else metric
    of_deciding = next(found[key] for key in found if key[1][2] == deciding)
    filled = [fold for fold in range(folds.FOLDS) if of_deciding.examples[fold]]
    for fold in filled[:2]:
        rest = _without(data, fold, query_key, tmp_path / f"without-{fold}")
        stock = tfma_oracle.run_tfma(rest, eval_config, models[1], str(tmp_path / f"t{fold}"))
        compared = 0
        for key, expected in _values(stock, tracked_metrics).items():
            if query_key and key[1][2] != deciding:
                continue  # Other metrics leave out other examples.
            replicates = found[key]
            if not replicates.examples[fold]:
                continue  # Nothing is left out.
            near = pytest.approx(expected, rel=1e-6, abs=1e-12, nan_ok=True)
            assert replicates.left_out[fold] == near, key
            compared += 1
        assert compared


BESIDE_A_BASELINE = BINARY.replace(
    "model_specs { ",
    'model_specs { name: "baseline" is_baseline: true label_key: "big_tipper" '
    'example_weight_key: "weight" } model_specs { name: "candidate" ',
)


@pytest.mark.parametrize(
    ("kind", "text", "metric"),
    [
        pytest.param(*CASES["binary"], id="binary"),
        pytest.param(*CASES["classes"], id="classes"),
        pytest.param("binary", BESIDE_A_BASELINE, "auc", id="baseline"),
    ],
)
def test_samples_at_once_equal_those_one_after_the_other(
    kind: str, text: str, metric: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_baseline = text == BESIDE_A_BASELINE
    eval_config = tfma_oracle.config(text % {"value": VALUE}, has_baseline)
    data = taxi_models.write_examples(str(tmp_path / "data"), EXAMPLES)
    *models, baseline = taxi_models.write_models(str(tmp_path), kind, 3)

    def evaluate(name: str) -> dict[Any, Any]:
        directory = tfma_oracle.run_engine(
            data,
            eval_config,
            models,
            str(tmp_path / name),
            baseline if has_baseline else None,
            tracked_metrics=find_tracked_metrics(eval_config, Selection(metric)),
        )[1]
        names = ModelNames("candidate", "baseline") if has_baseline else ModelNames()
        return {
            (*key, number): of_model
            for key, found in read_replicates(directory, names).items()
            for number, of_model in enumerate((found.own, found.baseline))
            if of_model is not None
        }

    at_once = evaluate("at once")
    monkeypatch.setattr(leave_one_out, "_MOST_AT_ONCE", 0)
    one_by_one = evaluate("one by one")
    assert at_once.keys() == one_by_one.keys()
    assert {number for *_, number in at_once} == ({0, 1} if has_baseline else {0})
    for key, found in at_once.items():
        other = one_by_one[key]
        assert found.left_out == pytest.approx(other.left_out, rel=1e-12, nan_ok=True), key
        assert found.value == pytest.approx(other.value, rel=1e-12, nan_ok=True), key
        rest, other_rest = (dataclasses.replace(of, value=0, left_out=()) for of in (found, other))
        assert rest == other_rest
