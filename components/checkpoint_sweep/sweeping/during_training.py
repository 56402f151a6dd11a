"""The sweep of a training run from within the training: no pipeline, no second process."""

import dataclasses
import logging
import os
import tempfile
from collections.abc import Callable
from concurrent import futures

import tensorflow as tf

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import PARTIAL
from checkpoint_sweep.model_run.exported_model import ExportedModelError
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.selection.earliest_eligible import is_settled
from checkpoint_sweep.selection.new_candidates import lines_of_new
from checkpoint_sweep.selection.patience import check_patience
from checkpoint_sweep.selection.verdict import without_improvement
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.options import SweepOptions
from checkpoint_sweep.sweeping.run_watcher import RunWatcher

_LOG = logging.getLogger(__name__)
_EXPORT = "export"


class TrainingSweep:
    """Evaluates the checkpoints of a training that goes on, whenever it is asked to.

    The first evaluation is made as any: what does not fit ends the training when its first
    checkpoint is there. One that fails later is a warning, and the training goes on.

    Args:
        run: Local directory that training writes its checkpoints to.
        export: Function that exports the model with the weights of the newest checkpoint to a
            directory that it is given, or to a folder in it, as
            `tf.estimator.Estimator.export_saved_model` does. It is called once for a run.
        options: Options of each sweep; their examples are not to be trained on.
        patience: Number of checkpoints that may come after the earliest that is tied with the
            best; then `improves` is false. None for any number.
        has_eval_graph: Whether what is exported has an eval graph too, whose metrics are computed.
    """

    def __init__(
        self,
        run: str,
        export: Callable[[str], object],
        options: SweepOptions,
        patience: int | None = None,
        has_eval_graph: bool = False,
    ) -> None:
        check_patience(patience)
        output = folders.of_run(run, options.output)
        self._model = os.path.join(output, _EXPORT)
        self._export = export
        self._patience = patience
        self._told: frozenset[str] = frozenset()
        self._policy = options.selection.policy
        eval_model = self._model if has_eval_graph else options.eval_model
        options = dataclasses.replace(options, output=output, eval_model=eval_model)
        self._watcher = RunWatcher(run, self._model, options)

    @property
    def result(self) -> SweepResult | None:
        """The result of the last sweep; None before the first."""
        return self._watcher.result

    @property
    def is_settled(self) -> bool:
        """Whether no later checkpoint can change what is chosen."""
        return self.result is not None and is_settled(self._policy, self.result.chosen)

    @property
    def output(self) -> str:
        """The folder of the sweeps."""
        return self._watcher.output

    @property
    def improves(self) -> bool:
        """Whether training is to go on, by the policy and the patience."""
        if self.result is None:
            return True
        if self.is_settled:
            return False
        if self._patience is None:
            return True
        return without_improvement(self.result.verdicts) < self._patience

    def evaluate_new(self) -> SweepResult | None:
        """Evaluates what is new; None if nothing was, or could be, evaluated.

        Raises:
            UserError: Something does not fit, and nothing has been evaluated yet.
        """
        try:
            if not SavedModel(self._model).exists():
                self._export_first()
            result = _in_thread(self._watcher.poll)
            self._tell(result)
            return result
        except UserError as error:
            if self.result is None:
                raise
            _LOG.warning("The checkpoints are not evaluated: %s", error)
        except Exception as error:
            _LOG.warning("The checkpoints are not evaluated.", exc_info=error)
        return None

    def _tell(self, result: SweepResult | None) -> None:
        """Writes a line for each new checkpoint to TensorFlow's log, as the training does."""
        if result is None or result.decision is None:
            return
        for line in lines_of_new(result.decision, self._told):
            tf.get_logger().info("checkpoint-sweep: %s", line)
        self._told = frozenset(verdict.name for verdict in result.verdicts)

    def _export_first(self) -> None:
        folders.claim(self._watcher.output)
        with tempfile.TemporaryDirectory(PARTIAL, _EXPORT, self._watcher.output) as folder:
            self._export(os.path.join(folder, _EXPORT))
            found = [path for path, _, files in os.walk(folder) if "saved_model.pb" in files]
            if len(found) != 1:
                raise ExportedModelError(
                    f"The export has left {len(found)} SavedModels. Export one to the directory "
                    "that it is given."
                )
            os.rename(found[0], self._model)


def _in_thread(call: Callable[[], SweepResult | None]) -> SweepResult | None:
    """Calls a function outside of the graph and session that training is in."""
    with futures.ThreadPoolExecutor(1, "sweep") as executor:
        return executor.submit(call).result()
