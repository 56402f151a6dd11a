"""Adds the metrics of a model function to the results of a candidate, on all examples."""

import json
import os

import tensorflow as tf
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from checkpoint_sweep.common.files import read_text, write_json, write_records
from checkpoint_sweep.common.json_safe import Json, finite_or_none
from checkpoint_sweep.common.names import MODEL_FUNCTION, ModelNames
from checkpoint_sweep.common.records import read_records
from checkpoint_sweep.evaluation.model_function.compute import Computed
from checkpoint_sweep.evaluation.results.files import JACKKNIFE


def add_to_results(
    directory: str,
    computed: Computed,
    baseline: Computed | None,
    models: ModelNames,
    cluster_key: str | None,
) -> None:
    """Adds metrics to TFMA's of the slice of all examples, which is made if it is not there.

    Args:
        directory: An engine's output of one evaluation, without them.
        computed: Metrics of the candidate.
        baseline: Metrics of the baseline; None for none.
        models: Names of the models in the evaluation config.
        cluster_key: Feature that drew the folds; None for none.
    """
    path, records = _overall(directory)
    overall = next(filter(_is_overall, records), None)
    if overall is None:
        overall = metrics_for_slice_pb2.MetricsForSlice()
        overall.slice_key.SetInParent()
        records.append(overall)
    _add_values(overall, computed, models.candidate)
    if baseline is not None and models.baseline is not None:
        _add_values(overall, baseline, models.baseline)
    if computed.left_out:
        _add_replicates(directory, computed, baseline, cluster_key)
    write_records(path, [record.SerializeToString() for record in records])


def _add_values(
    overall: metrics_for_slice_pb2.MetricsForSlice, computed: Computed, model_name: str
) -> None:
    for name, value in computed.values.items():
        key = metric_types.MetricKey(name, model_name=model_name, output_name=MODEL_FUNCTION)
        entry = overall.metric_keys_and_values.add()
        entry.key.CopyFrom(key.to_proto())
        entry.value.double_value.value = value


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


def _add_replicates(
    directory: str, computed: Computed, baseline: Computed | None, cluster_key: str | None
) -> None:
    path = os.path.join(directory, JACKKNIFE)
    slices = []
    if tf.io.gfile.exists(path):
        slices = json.loads(read_text(path))["slices"]
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
                **_replicates("", computed, name),
                **(_replicates("baseline_", baseline, name) if baseline else {}),
            }
            for name in sorted(computed.left_out)
        ],
    }
    write_json(path, {"slices": [*slices, part]})


def _replicates(prefix: str, computed: Computed, name: str) -> Json:
    """Makes the part of an entry that one model has; nothing where it has no values by fold."""
    if name not in computed.left_out:
        return {}
    left_out = computed.left_out[name]
    return {
        f"{prefix}value": finite_or_none(computed.values[name]),
        f"{prefix}left_out": [None if v is None else finite_or_none(v) for v in left_out],
        f"{prefix}between_thresholds": None,
    }
