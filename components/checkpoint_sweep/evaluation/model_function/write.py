"""Adds the metrics of a model function to the results of a candidate, on all examples."""

import json
import os

import tensorflow as tf
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from checkpoint_sweep.common.files import write_json, write_records
from checkpoint_sweep.common.json_safe import finite_or_none
from checkpoint_sweep.common.names import MODEL_FUNCTION
from checkpoint_sweep.common.records import read_records
from checkpoint_sweep.evaluation.model_function.compute import Computed
from checkpoint_sweep.evaluation.results.files import JACKKNIFE


def add_to_results(
    directory: str, computed: Computed, model_name: str, cluster_key: str | None
) -> None:
    """Adds metrics to TFMA's of the slice of all examples, which is made if it is not there.

    Args:
        directory: An engine's output of one evaluation, without them.
        computed: Metrics.
        model_name: Name of the candidate in the evaluation config; "" where it is the only model.
        cluster_key: Feature that drew the folds; None for none.
    """
    path, records = _overall(directory)
    overall = next(filter(_is_overall, records), None)
    if overall is None:
        overall = metrics_for_slice_pb2.MetricsForSlice()
        overall.slice_key.SetInParent()
        records.append(overall)
    for name, value in computed.values.items():
        key = metric_types.MetricKey(name, model_name=model_name, output_name=MODEL_FUNCTION)
        entry = overall.metric_keys_and_values.add()
        entry.key.CopyFrom(key.to_proto())
        entry.value.double_value.value = value
    if computed.left_out:
        _add_replicates(directory, computed, cluster_key)
    write_records(path, [record.SerializeToString() for record in records])


def _overall(directory: str) -> tuple[str, list[metrics_for_slice_pb2.MetricsForSlice]]:
    """Reads the file that has the slice of all examples; the first where none has."""
    paths = sorted(tf.io.gfile.glob(os.path.join(directory, f"{constants.METRICS_KEY}-*.tfrecord")))
    files = {
        path: list(map(metrics_for_slice_pb2.MetricsForSlice.FromString, read_records(path)))
        for path in paths
    }
    return next(
        ((path, records) for path, records in files.items() if any(map(_is_overall, records))),
        (paths[0], files[paths[0]]),
    )


def _is_overall(record: metrics_for_slice_pb2.MetricsForSlice) -> bool:
    return not record.HasField("cross_slice_key") and not record.slice_key.single_slice_keys


def _add_replicates(directory: str, computed: Computed, cluster_key: str | None) -> None:
    path = os.path.join(directory, JACKKNIFE)
    slices = []
    if tf.io.gfile.exists(path):
        with tf.io.gfile.GFile(path) as file:
            slices = json.load(file)["slices"]
    part = {
        "slice": [],
        "examples": list(computed.examples),
        "rarer_label": None,
        **({} if cluster_key is None else {"cluster_key": cluster_key}),
        "metrics": [
            {
                "output": MODEL_FUNCTION,
                "sub_key": "",
                "name": name,
                "weighting": "",
                "value": finite_or_none(computed.values[name]),
                "left_out": [None if v is None else finite_or_none(v) for v in left_out],
                "between_thresholds": None,
            }
            for name, left_out in sorted(computed.left_out.items())
        ],
    }
    write_json(path, {"slices": [*slices, part]})
