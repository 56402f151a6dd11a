"""How a run ends: its summary is written, and what went wrong becomes one sentence."""

import contextlib
import dataclasses
from pathlib import Path
from typing import NoReturn

from checkpoint_sweep.common.error_messages import find_foreseen, find_refusal
from checkpoint_sweep.common.errors import SweepError
from checkpoint_sweep.common.run_log import RunLog
from pipeline.config import PipelineConfig
from pipeline.local import leftovers
from pipeline.local.continuation import last_step
from pipeline.reporting import error_messages
from pipeline.reporting.failure import leave
from pipeline.reporting.progress import Progress
from pipeline.reporting.run_summary import FAILED, Summary, begun, write_summary
from pipeline.reporting.store import Store, failure_message
from pipeline.reporting.summary import summarize

_TRAINER = "Trainer"
_SWEEP = "CheckpointSweep"


class RunError(SweepError, RuntimeError):
    """A run that failed; the message is for the user.

    Attributes:
        status: Exit status of the command.
        interrupted: Whether the user ended it.
    """

    def __init__(self, message: str, status: int, interrupted: bool = False) -> None:
        super().__init__(message)
        self.status, self.interrupted = status, interrupted


class Ending:
    """Writes the summary of one run.

    Args:
        config: Configuration of the run.
        run_id: Id of the run in the metadata store.
        log: Log for the whole of an error.
        progress: Progress, which knows what node runs.
    """

    def __init__(
        self, config: PipelineConfig, run_id: str, log: RunLog, progress: Progress
    ) -> None:
        self._config, self._run_id, self._log, self._progress = config, run_id, log, progress

    def ended(self) -> Summary:
        """Writes the summary of a run that came to its end, and returns it.

        Raises:
            RunError: a node failed all the same; TFX's runner goes on when inputs are missing.
        """
        summary = summarize(self._config.metadata, self._run_id)
        node = next((n.name for n in summary.nodes if n.state == "failed"), None)
        if node:
            store = Store.open(self._config.metadata)
            noted = failure_message(store.executions(self._run_id)[node])
            self._raise(error_messages.unforeseen(node, noted, self._log.path), 1)
        write_summary(summary, self._config.summary)
        return summary

    def failed(self, error: BaseException, interrupted: int | None) -> NoReturn:
        """Writes the summary of a run that an error has ended.

        Args:
            error: Error that came out of the runner.
            interrupted: Exit status if the run was interrupted; the error may be any then.

        Raises:
            RunError: always.
        """
        self._progress.fail()
        node = self._progress.node
        self._log.write(f"{node or 'The run'} failed", error)
        if interrupted is not None or isinstance(error, KeyboardInterrupt):
            self._interrupted(node, interrupted or 130)
        if refused := find_refusal(error):
            self._raise(error_messages.refused(node, refused), 1)
        if known := find_foreseen(error):
            self._raise(str(known), 1)
        if anomalies := self._summary().anomalies:
            message = error_messages.anomalous_data(
                node, anomalies, self._config.data, self._config.schema
            )
            self._raise(message, 1)
        self._raise(error_messages.unforeseen(node, error, self._log.path), 1)

    def hangs(self, status: int) -> NoReturn:
        """Ends the process of a run that was interrupted and does not end, as Beam's can."""
        try:
            self.failed(KeyboardInterrupt(), status)
        except RunError as error:
            leave(str(error), status)

    def _interrupted(self, node: str, status: int) -> NoReturn:
        closed = leftovers.close_executions(self._config.metadata)
        what, how = f"{node} was interrupted", f"resume, with {node} from its beginning"
        if not node:
            what, how = "The run was interrupted before its first node", "start again"
        elif not self._config.cache:
            how = "start from the beginning, because nothing is taken from the cache"
        elif node == _TRAINER and (step := self._trained(closed)) is not None:
            how = f"resume, with training from step {step}"
        elif node == _SWEEP:
            how = "resume, and to reuse what the sweep has evaluated"
        self._raise(f"{what}. Run the same command to {how}.", status, interrupted=True)

    def _trained(self, executions: list[int]) -> int | None:
        folders = [Path(self._config.root, _TRAINER, "model_run", str(e)) for e in executions]
        steps = [step for step in map(last_step, folders) if step is not None]
        return max(steps, default=None)

    def _raise(self, message: str, status: int, interrupted: bool = False) -> NoReturn:
        summary = dataclasses.replace(self._summary(), state=FAILED, reason=message)
        self._log.end()
        with contextlib.suppress(OSError):  # as on a full disk, which the message is about
            write_summary(summary, self._config.summary)
        raise RunError(message, status, interrupted)

    def _summary(self) -> Summary:
        """Summarizes what is known of the run so far."""
        if not self._config.metadata.exists():
            return begun(self._run_id)
        try:
            return summarize(self._config.metadata, self._run_id)
        except LookupError:
            return begun(self._run_id)
        except Exception as error:  # whatever is the matter, the first error is to be told of
            self._log.write("The run cannot be summed up", error)
            return begun(self._run_id)
