"""TFMA's results of several checkpoints by training step, and of averages by name."""

import dataclasses
import itertools
import os
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as proto
from tensorflow_model_analysis.view import util, view_types
from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.records import read_records

# The tag of the field `slice_key`, which comes first in a record that is of a slice.
_SLICE_KEY_TAG = proto.PlotsForSlice.DESCRIPTOR.fields_by_name["slice_key"].number << 3 | 2


class ViewError(UserError):
    """The results do not hold what a view was asked to show; the message says what they hold."""


# A checkpoint by its training step, or an average of checkpoints by its name.
Which = int | str


@dataclasses.dataclass(frozen=True)
class TfmaResults:
    """TFMA's results of several checkpoints of one model run, and of averages of them.

    >>> from checkpoint_sweep import views
    >>> views.TfmaResults({200: "results/a", 400: "results/b"}).steps
    [200, 400]

    Attributes:
        directories: Directory of the results by training step, or by name of an average.

    Raises:
        ViewError: There are none.
    """

    directories: Mapping[Which, str]

    def __post_init__(self) -> None:
        if not self.directories:
            raise ViewError("There is no evaluated checkpoint to show.")

    @property
    def steps(self) -> list[int]:
        """The training steps of the checkpoints, ascending."""
        return sorted(which for which in self.directories if isinstance(which, int))

    @property
    def averages(self) -> list[str]:
        """The names of the averages, sorted."""
        return sorted(which for which in self.directories if isinstance(which, str))

    def result(self, step: Which, baseline: bool = False) -> tfma.EvalResult:
        """Reads the results of one checkpoint or average, or of the baseline beside it.

        Raises:
            ViewError: There is no such step or average, or the evaluation had no baseline.
        """
        directory, _, name = self._of(step, baseline)
        return tfma.load_eval_result(directory, model_name=name)

    def metrics(self, step: Which, baseline: bool = False) -> tfma.EvalResult:
        """Reads the same without plots and attributions, which take nearly all of the time.

        Raises:
            ViewError: There is no such step or average, or the evaluation had no baseline.
        """
        directory, config, name = self._of(step, baseline)
        by_slice = (
            util.convert_metrics_proto_to_dict(record, model_name=name)
            for record in tfma.load_metrics(directory)
        )
        return view_types.EvalResult(
            slicing_metrics=[metrics for metrics in by_slice if metrics is not None],
            plots=[],
            attributions=[],
            config=config,
            data_location="",
            file_format="",
            model_location="",
        )

    def plots(self, step: Which) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Reads TFMA's plots of all examples together, and not those of slices.

        Raises:
            ViewError: There is no such step or average.
        """
        directory, _, name = self._of(step, False)
        records = overall_plots(directory)
        found = [util.convert_plots_proto_to_dict(record, model_name=name) for record in records]
        return [plots for plots in found if plots is not None]

    def _of(self, step: Which, baseline: bool) -> tuple[str, config_pb2.EvalConfig, str | None]:
        """Returns the directory of a result, its evaluation config, and the name of its model."""
        if step not in self.directories:
            known = ", ".join(map(str, [*self.steps, *self.averages]))
            raise ViewError(f"There is no result for {label(step)}; there are: {known}.")
        directory = self.directories[step]
        config = eval_config_writer.load_eval_run(directory)[0]
        if config is None:
            raise ViewError(f"There are no TFMA results in {directory} (no eval_config.json).")
        names = [spec.name for spec in config.model_specs if spec.is_baseline == baseline]
        if baseline and not names:
            raise ViewError(
                f"{title(step)} was evaluated without a baseline. Compare it with another step, or "
                "give the sweep a baseline_model."
            )
        # Without model specs there is one model, and it has no name.
        return directory, config, names[0] if names else None


def open_sweep(evaluation: str | os.PathLike[str], run: str | None = None) -> TfmaResults:
    """Opens the results of the evaluated candidates of a sweep; all else here knows no sweeps.

    A sweep that still runs can be opened: the ledger names what is complete.

        results = views.open_sweep(evaluation.uri)
        views.time_series(results, metrics=["auc"])

    Args:
        evaluation: Directory of a CheckpointSweep's `evaluation` artifact.
        run: Name of a run of a sweep of several, whose checkpoints go by step; None for all of
            them, by name, and for a sweep of one.

    Raises:
        ViewError: The directory has no ledger, there is no such run, or no checkpoint is evaluated
            yet.
    """
    from checkpoint_sweep.evaluation.results.ledger import LEDGER, EntryStatus, read_ledger

    directory = os.fspath(evaluation)
    if not tf.io.gfile.exists(os.path.join(directory, LEDGER)):
        raise ViewError(
            f"There is no {LEDGER} in {directory}. Pass the directory of a CheckpointSweep's "
            "evaluation artifact, or make TfmaResults({step: directory of TFMA results})."
        )
    evaluated = [entry for entry in read_ledger(directory) if entry.status is EntryStatus.EVALUATED]
    if run is not None:
        runs = sorted({entry.run for entry in evaluated if entry.run is not None})
        if run not in runs:
            raise ViewError(f"There is no run {run!r}; there are: {', '.join(runs) or 'none'}.")
        evaluated = [entry for entry in evaluated if entry.run == run]
    return TfmaResults(
        {
            # Of several runs, a step is not enough.
            entry.name if entry.is_average or entry.run != run else entry.step: os.path.join(
                directory, entry.name
            )
            for entry in evaluated
        }
    )


def overall_plots(directory: str) -> Iterator[proto.PlotsForSlice]:
    """Reads the plots of all examples; those of slices, most of the file, are not parsed.

    Args:
        directory: Folder of TFMA's results of one evaluation.
    """
    paths = sorted(tf.io.gfile.glob(os.path.join(directory, "plots*")))
    for serialized in itertools.chain.from_iterable(map(read_records, paths)):
        if serialized[:1] == bytes([_SLICE_KEY_TAG]) and serialized[1:2] != b"\0":
            continue
        record = proto.PlotsForSlice.FromString(serialized)
        if not record.HasField("cross_slice_key"):
            yield record


def label(which: Which) -> str:
    """Says what a sentence calls a checkpoint or an average."""
    return f"step {which}" if isinstance(which, int) else which


def title(which: Which) -> str:
    """Says the same at the beginning of a sentence."""
    return f"Step {which}" if isinstance(which, int) else which


def single_slice_spec(
    columns: str | list[str] | tuple[str, ...] | None = None,
    features: Mapping[str, str | int | float] | None = None,
) -> tfma.slicer.SingleSliceSpec:
    """Makes TFMA's filter for slices by some columns, or for one slice; overall without either."""
    columns = [columns] if isinstance(columns, str) else list(columns or ())
    spec = config_pb2.SlicingSpec(
        feature_keys=columns, feature_values={k: str(v) for k, v in (features or {}).items()}
    )
    return tfma.slicer.SingleSliceSpec(spec=spec)


def slice_title(features: Mapping[str, str | int | float] | None) -> str:
    """Names a slice as titles do."""
    return ", ".join(f"{k} = {v}" for k, v in (features or {}).items()) or "all examples"
