"""The plots of a slice as a record of TFMA's file."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import metrics_for_slice_pb2
from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as tfma_writer

from checkpoint_sweep.evaluation.plots import wire
from checkpoint_sweep.evaluation.plots.array_plots import ArrayPlot

# An entry of the record, by its serialized key, and the number of a field of its data.
_PlotKey = tuple[bytes, int]

_ENTRIES = metrics_for_slice_pb2.PlotsForSlice.DESCRIPTOR.fields_by_name["plot_keys_and_values"]
_KEY, _DATA = (_ENTRIES.message_type.fields_by_name[name].number for name in ("key", "value"))


@dataclasses.dataclass(frozen=True)
class PlotsRecord:
    """TFMA's record of the plots of a slice.

    Arrays stay arrays until they are written: they have a tenth of the bytes.

    Attributes:
        without: TFMA's proto, serialized, with an empty message for each plot of ``arrays``.
        arrays: Plots that are held as arrays, by their entry and field in the proto.
    """

    without: bytes
    arrays: Mapping[_PlotKey, ArrayPlot]

    @classmethod
    def of(cls, slice_key: Any, plots: Mapping[metric_types.PlotKey, Any]) -> "PlotsRecord":
        """Makes the record of the plots of a slice, arranged by TFMA's writer."""
        arrays = {
            _plot_key(key, plot.message): plot
            for key, plot in plots.items()
            if isinstance(plot, ArrayPlot)
        }
        empty = {
            key: plot.message() if isinstance(plot, ArrayPlot) else plot
            for key, plot in plots.items()
        }
        proto = tfma_writer.convert_slice_plots_to_proto((slice_key, empty), [])
        return cls(proto.SerializeToString(), arrays)

    def serialize(self) -> bytes:
        """Serializes the record as TFMA would."""
        if not self.arrays:
            return self.without
        proto = metrics_for_slice_pb2.PlotsForSlice.FromString(self.without)
        entries = list(proto.plot_keys_and_values)
        del proto.plot_keys_and_values[:]
        # Fields are written in the order of their numbers, and no higher one is set.
        parts = [proto.SerializeToString()]
        for entry in entries:
            key = entry.key.SerializeToString()
            data = b"".join(
                wire.length_delimited(field.number, self._message(value, key, field.number))
                for field, value in entry.value.ListFields()
            )
            content = wire.length_delimited(_KEY, key) + wire.length_delimited(_DATA, data)
            parts.append(wire.length_delimited(_ENTRIES.number, content))
        return b"".join(parts)

    def _message(self, value: Any, key: bytes, field: int) -> bytes:
        plot = self.arrays.get((key, field))
        serialized: bytes = plot.serialize() if plot else value.SerializeToString()
        return serialized


@functools.lru_cache(maxsize=1000)
def _plot_key(key: metric_types.PlotKey, message: Callable[[], Any]) -> _PlotKey:
    """Finds where TFMA's writer puts a plot of such a message."""
    alone = tfma_writer.convert_slice_plots_to_proto(((), {key: message()}), [])
    (entry,) = alone.plot_keys_and_values
    ((field, _),) = entry.value.ListFields()
    return entry.key.SerializeToString(), field.number
