"""The metrics of slices as the records of TFMA's files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.evaluators import metrics_validator
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2, validation_result_pb2
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as tfma_writer

from checkpoint_sweep.common.eval_config import thresholds_of
from checkpoint_sweep.evaluation.plots.records import PlotsRecord
from checkpoint_sweep.evaluation.results.files import Record
from checkpoint_sweep.evaluation.results.writer import only_thresholds

# TFMA's writer makes a double of each of these, and looks for a dozen other types before.
_NUMBERS = frozenset({bool, int, float, np.float32, np.float64, np.int32, np.int64})
_KINDS = (metric_types.PlotKey, metric_types.AttributionsKey)
# The metrics of one slice of one candidate.
SliceMetrics = tuple[tuple[int, Any], dict[Any, Any]]


class Format(beam.DoFn):
    """Formats the metrics of slices as the records of TFMA's files.

    What depends on the names of the metrics only, or on the slice only, is made once for them.

    Args:
        eval_config: Config of the evaluation, with the metrics of all query keys.
    """

    def __init__(self, eval_config: config_pb2.EvalConfig) -> None:
        self._config = only_thresholds(eval_config)

    def setup(self) -> None:
        """Finds the thresholds, which TFMA finds anew for every slice."""
        self._thresholds = thresholds_of(self._config)
        self._slices = [
            slicer_lib.SingleSliceSpec(spec=spec)
            if isinstance(spec, config_pb2.SlicingSpec)
            else None
            for entries in self._thresholds.values()
            for spec, _ in entries
        ]
        self._layouts: dict[tuple[Any, ...], _Layout] = {}
        self._valid = validation_result_pb2.ValidationResult(validation_ok=True).SerializeToString()

    def process(self, element: Iterable[SliceMetrics]) -> Iterator[tuple[int, Record]]:
        """Yields the records of some slices, once for each candidate: lists by name of the file."""
        records: dict[int, Record] = {}
        of_slice: _Slice | None = None
        for (candidate, slice_key), metrics in element:
            if of_slice is None or of_slice.key is not slice_key:
                of_slice = _Slice(slice_key, self._may_apply(slice_key))
            record = records.get(candidate)
            if record is None:
                names = (constants.METRICS_KEY, constants.PLOTS_KEY, constants.ATTRIBUTIONS_KEY)
                records[candidate] = record = {name: [] for name in names}
                record[constants.VALIDATIONS_KEY] = [self._valid]
            self._add(record, of_slice, metrics)
        yield from records.items()

    def _add(self, record: Record, of_slice: "_Slice", metrics: dict[Any, Any]) -> None:
        """Adds the records of one slice of one candidate."""
        keys = tuple(metrics)
        layout = self._layouts.get(keys)
        if layout is None:
            complete = self._thresholds.keys() <= metrics.keys()
            self._layouts[keys] = layout = _Layout(keys, complete)
        record[constants.METRICS_KEY].append(layout.serialized(of_slice, metrics))
        plots: bytes | PlotsRecord = of_slice.no_plots
        if layout.plots:
            plots = PlotsRecord.of(of_slice.key, _chosen(metrics, layout.plots))
        record[constants.PLOTS_KEY].append(plots)
        attributions = of_slice.no_attributions
        if layout.attributions:
            attributions = tfma_writer.convert_slice_attributions_to_proto(
                (of_slice.key, _chosen(metrics, layout.attributions))
            ).SerializeToString()
        record[constants.ATTRIBUTIONS_KEY].append(attributions)
        if of_slice.may_be_validated or not layout.complete:
            validation = metrics_validator.validate_metrics(
                (of_slice.key, _chosen(metrics, layout.metrics)), self._config
            )
            record[constants.VALIDATIONS_KEY].append(validation.SerializeToString())

    def _may_apply(self, slice_key: Any) -> bool:
        """Tells whether some threshold may apply to a slice."""
        if slicer_lib.is_cross_slice_key(slice_key):
            return True
        return any(spec is None or spec.is_slice_applicable(slice_key) for spec in self._slices)


class _Slice:
    """What the records of a slice have in common, whatever its metrics.

    Attributes:
        key: Key of the slice.
        may_be_validated: Whether some threshold may apply to it.
        metrics: TFMA's proto of no metrics.
        no_plots: TFMA's record of no plots.
        no_attributions: TFMA's record of no attributions.
    """

    def __init__(self, key: Any, may_be_validated: bool) -> None:
        self.key = key
        self.may_be_validated = may_be_validated
        self.metrics = tfma_writer.convert_slice_metrics_to_proto((key, {}), [])
        plots = tfma_writer.convert_slice_plots_to_proto((key, {}), [])
        self.no_plots: bytes = plots.SerializeToString()
        attributions = tfma_writer.convert_slice_attributions_to_proto((key, {}))
        self.no_attributions: bytes = attributions.SerializeToString()


class _Layout:
    """How metrics of the same keys are arranged.

    Attributes:
        complete: Whether each metric with a threshold is there.
        metrics: Keys of the metrics, in an order in which TFMA can sort them.
        plots: Keys of the plots.
        attributions: Keys of the attributions.

    Args:
        keys: Keys of all metrics, plots and attributions.
        complete: As the attribute.
    """

    def __init__(self, keys: Sequence[Any], complete: bool) -> None:
        # TFMA sorts by a comparison that fails on some keys, but not on those in this order.
        ordered = sorted(keys, key=_by_name)
        self.complete = complete
        self.plots = [key for key in ordered if isinstance(key, metric_types.PlotKey)]
        self.attributions = [
            key for key in ordered if isinstance(key, metric_types.AttributionsKey)
        ]
        self.metrics = [key for key in ordered if not isinstance(key, _KINDS)]
        self._proto: Any = None
        if all(isinstance(key, metric_types.MetricKey) for key in self.metrics):
            zeros = dict.fromkeys(self.metrics, 0.0)
            self._proto = tfma_writer.convert_slice_metrics_to_proto(((), zeros), [])
            entries = self._proto.metric_keys_and_values
            self._numbers = [entry.value.double_value for entry in entries]
            position = {key: number for number, key in enumerate(keys)}
            self._order = [position[key] for key in sorted(zeros)]
            _forget_slice(self._proto)

    def serialized(self, of_slice: _Slice, metrics: dict[Any, Any]) -> bytes:
        """Makes TFMA's record of the metrics of a slice."""
        values = list(metrics.values())
        if self._proto is not None:
            chosen = [values[position] for position in self._order]
            if _NUMBERS.issuperset(map(type, chosen)):
                for number, value in zip(self._numbers, chosen, strict=True):
                    number.value = float(value)
                self._proto.MergeFrom(of_slice.metrics)
                serialized: bytes = self._proto.SerializeToString()
                _forget_slice(self._proto)
                return serialized
        whole = (of_slice.key, _chosen(metrics, self.metrics))
        proto = tfma_writer.convert_slice_metrics_to_proto(whole, [])
        from_tfma: bytes = proto.SerializeToString()
        return from_tfma


def _forget_slice(proto: Any) -> None:
    proto.ClearField("slice_key")
    proto.ClearField("cross_slice_key")


def _chosen(metrics: Mapping[Any, Any], keys: Sequence[Any]) -> dict[Any, Any]:
    return {key: metrics[key] for key in keys}


def _by_name(key: Any) -> list[str]:
    """Returns what to sort by: the names of a metric, of its model and of its output."""
    return [str(part) for part in key[:3]]
