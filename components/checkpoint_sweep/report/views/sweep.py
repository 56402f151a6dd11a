"""The TFMA results of a sweep: of checkpoints by training step, of averages by name."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.view import util, view_types
from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation.results.ledger import LEDGER, read_ledger
from checkpoint_sweep.report.read_plots import overall_plots


class ViewError(UserError):
    """The results do not hold what a view was asked to show; the message says what they hold."""


# A checkpoint by its training step, or an average of checkpoints by its name.
Which = int | str


@dataclasses.dataclass(frozen=True)
class Sweep:
    """TFMA results of several checkpoints of one model run, and of averages of them.

        sweep = Sweep.open(evaluation.uri)  # of a CheckpointSweep
        sweep = Sweep({200: "results/a", 400: "results/b"})  # any TFMA results, by step

    Attributes:
        directories: from a training step, or the name of an average, to the directory with its
            results.
    """

    directories: Mapping[Which, str]

    def __post_init__(self) -> None:
        if not self.directories:
            raise ViewError("There is no evaluated checkpoint to show.")

    @classmethod
    def open(cls, evaluation: str | os.PathLike[str]) -> "Sweep":
        """The evaluated checkpoints of a CheckpointSweep's `evaluation` artifact.

        A sweep that still runs can be opened: the ledger names what is complete.

        Raises:
            ViewError: the directory has no ledger, or no checkpoint is evaluated yet.
        """
        directory = os.fspath(evaluation)
        if not tf.io.gfile.exists(os.path.join(directory, LEDGER)):
            raise ViewError(
                f"There is no {LEDGER} in {directory}. Pass the directory of a CheckpointSweep's "
                "evaluation artifact, or Sweep({step: directory of TFMA results})."
            )
        evaluated = [entry for entry in read_ledger(directory) if entry.status == "evaluated"]
        return cls(
            {
                entry.step if entry.averaged is None else entry.name: os.path.join(
                    directory, entry.name
                )
                for entry in evaluated
            }
        )

    @property
    def steps(self) -> list[int]:
        """The training steps of the checkpoints, ascending."""
        return sorted(which for which in self.directories if isinstance(which, int))

    @property
    def averages(self) -> list[str]:
        """The names of the averages, sorted."""
        return sorted(which for which in self.directories if isinstance(which, str))

    def result(self, step: Which, baseline: bool = False) -> tfma.EvalResult:
        """The results of one checkpoint or average, or of the baseline it was evaluated beside.

        Raises:
            ViewError: there is no such step or average, or the evaluation had no baseline.
        """
        directory, _, name = self._of(step, baseline)
        return tfma.load_eval_result(directory, model_name=name)

    def metrics(self, step: Which, baseline: bool = False) -> tfma.EvalResult:
        """The same without plots and attributions, which take nearly all of the time to read.

        Raises:
            ViewError: there is no such step or average, or the evaluation had no baseline.
        """
        directory, config, name = self._of(step, baseline)
        by_slice = (
            util.convert_metrics_proto_to_dict(record, model_name=name)
            for record in tfma.load_metrics(directory)
        )
        return view_types.EvalResult(
            slicing_metrics=[of for of in by_slice if of is not None],
            plots=[],
            attributions=[],
            config=config,
            data_location="",
            file_format="",
            model_location="",
        )

    def plots(self, step: Which) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        """TFMA's plots of all examples together, without reading those of slices.

        Raises:
            ViewError: there is no such step or average.
        """
        directory, _, name = self._of(step, False)
        records = overall_plots(directory)
        found = [util.convert_plots_proto_to_dict(record, model_name=name) for record in records]
        return [of for of in found if of is not None]

    def _of(self, step: Which, baseline: bool) -> tuple[str, tfma.EvalConfig, str | None]:
        """The directory of a result, the config of its evaluation, and the name of its model."""
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


def label(which: Which) -> str:
    """What a sentence calls a checkpoint or an average."""
    return f"step {which}" if isinstance(which, int) else which


def title(which: Which) -> str:
    """The same at its beginning."""
    return f"Step {which}" if isinstance(which, int) else which


def single_slice_spec(
    columns: str | list[str] | tuple[str, ...] | None = None,
    features: Mapping[str, str | int | float] | None = None,
) -> tfma.slicer.SingleSliceSpec:
    """TFMA's filter for the slices of some columns, or for one slice; overall without either."""
    columns = [columns] if isinstance(columns, str) else list(columns or ())
    spec = config_pb2.SlicingSpec(
        feature_keys=columns, feature_values={k: str(v) for k, v in (features or {}).items()}
    )
    return tfma.slicer.SingleSliceSpec(spec=spec)


def slice_name(features: Mapping[str, str | int | float] | None) -> str:
    """A slice as titles name it."""
    return ", ".join(f"{k} = {v}" for k, v in (features or {}).items()) or "all examples"
