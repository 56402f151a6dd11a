"""TFMA's result files, written by candidate."""

import copy
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2, validation_result_pb2
from tensorflow_model_analysis.writers import eval_config_writer
from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as tfma_writer

from checkpoint_sweep.common.files import write_json, write_records, write_text
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plots.records import PlotsRecord
from checkpoint_sweep.evaluation.results.files import JACKKNIFE, PREDICTIONS, Record
from checkpoint_sweep.saved_model.model_source import ModelSource


class Write(beam.DoFn):
    """Writes all records of a candidate to its directory.

    Args:
        eval_config: Config of the evaluation.
        outputs: Directory of each candidate.
        locations: Locations of each candidate's models by name, for ``eval_config.json``.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        outputs: Sequence[str],
        locations: Sequence[dict[str, str]],
    ) -> None:
        self._eval_config = eval_config
        self._outputs = list(outputs)
        self._locations = list(locations)

    def process(self, element: tuple[int, Iterable[Record | None]]) -> Iterator[str]:
        """Writes one candidate's files, each whole or not at all; yields its directory.

        Of a candidate that TFMA cannot evaluate, only `PREDICTIONS` is written.
        """
        candidate, grouped = element
        directory = self._outputs[candidate]
        records: dict[str, list[Any]] = {
            name: []
            for name in (constants.METRICS_KEY, constants.PLOTS_KEY, constants.ATTRIBUTIONS_KEY)
        }
        thresholds = only_thresholds(self._eval_config)
        combine = tfma_writer.CombineValidations(thresholds, rubber_stamp=False)
        validation = combine.create_accumulator()
        predictions: dict[str, Any] = {}
        replicates: list[Json] = []
        for record in grouped:
            for name, value in (record or {}).items():
                if name == PREDICTIONS:
                    predictions = json.loads(value)
                elif name == JACKKNIFE:
                    replicates.append(json.loads(value))
                elif name == constants.VALIDATIONS_KEY:
                    for one in value:
                        proto = validation_result_pb2.ValidationResult.FromString(one)
                        validation = combine.add_input(validation, proto)
                else:
                    records[name].extend(value)
        if predictions:
            # In one line: indented, that of 50,000 slices takes a second.
            write_text(os.path.join(directory, PREDICTIONS), json.dumps(predictions) + "\n")
        if predictions.get("failed"):
            return
        if replicates:
            ordered = sorted(replicates, key=lambda part: (len(part["slice"]), part["slice"]))
            write_json(os.path.join(directory, JACKKNIFE), {"slices": ordered})
        for name, values in records.items():
            # One after the other: all plots together are large.
            serialized = (
                value.serialize() if isinstance(value, PlotsRecord) else value for value in values
            )
            write_records(os.path.join(directory, f"{name}-00000-of-00001.tfrecord"), serialized)
        validated = combine.extract_output(validation).SerializeToString()
        name = f"{constants.VALIDATIONS_KEY}.tfrecord"
        write_records(os.path.join(directory, name), [validated])
        write_eval_run(directory, self._eval_config, self._locations[candidate])
        yield directory


def model_locations(
    eval_config: config_pb2.EvalConfig, candidate: ModelSource, baseline: ModelSource | None
) -> dict[str, str]:
    """Returns the location of each model of a candidate's evaluation, by its name in the config."""
    locations = {}
    for spec in eval_config.model_specs:
        source = baseline if spec.is_baseline else candidate
        assert source is not None
        locations[spec.name] = source.location
    return locations


def write_eval_run(
    directory: str, eval_config: config_pb2.EvalConfig, locations: dict[str, str]
) -> None:
    """Writes TFMA's `eval_config.json`, unless the config disables it.

    Args:
        directory: Directory of a candidate's results.
        eval_config: Config of the evaluation.
        locations: Location of each model, by its name in the config.
    """
    if eval_config_writer.EVAL_CONFIG_FILE in eval_config.options.disabled_outputs.values:
        return
    run = tfma_internals.serialize_eval_run(
        eval_config, "<user provided PCollection>", "<unknown>", locations
    )
    path = os.path.join(directory, f"{eval_config_writer.EVAL_CONFIG_FILE}.json")
    write_text(path, run + "\n")


def only_thresholds(eval_config: config_pb2.EvalConfig) -> config_pb2.EvalConfig:
    """Returns the config without the metrics that have no threshold.

    Validation finds the same thresholds in it, and does not make every metric anew, for every
    slice, where there is nothing to check.
    """
    result = copy.deepcopy(eval_config)
    for spec in result.metrics_specs:
        kept = [
            metric
            for metric in spec.metrics
            if metric.HasField("threshold")
            or metric.per_slice_thresholds
            or metric.cross_slice_thresholds
        ]
        del spec.metrics[:]
        spec.metrics.extend(kept)
    return result
