"""Runs the pipeline on this machine: TFX's local runner, Beam in memory, MLMD in SQLite."""

import dataclasses
import hashlib
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from tfx.dsl.compiler import constants
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.portable import runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.common.progress import listening
from checkpoint_sweep.common.run_log import RunLog
from pipeline.beam_runner import beam_placement
from pipeline.config import PipelineConfig
from pipeline.dag import create_pipeline
from pipeline.local import leftovers
from pipeline.local.deployment import local
from pipeline.local.ending import Ending, RunError
from pipeline.local.interruption import Interruption
from pipeline.reporting import log_filters
from pipeline.reporting.progress import Progress
from pipeline.reporting.run_summary import Summary, begun, new_run_id, write_summary


def run(config: PipelineConfig, console: Console, interruption: Interruption) -> Summary:
    """Runs all nodes in order and writes the summary, however it ends.

    Args:
        config: Configuration that was checked; its root is locked.
        console: Console for progress and warnings.
        interruption: Interruption of the run, if there is one.

    Returns:
        What ran, the verdicts and where the model was pushed; also in `config.summary`.

    Raises:
        RunError: a node failed, or was interrupted.
    """
    run_id = new_run_id()
    log, progress = RunLog(config.logs / f"{run_id}.log"), Progress(console, interruption.check)
    ending = Ending(config, run_id, log, progress)
    interruption.otherwise = ending.hangs
    try:
        write_summary(begun(run_id), config.summary)
        console.print(f"[dim]Log: {escape(str(log.path))}[/]", soft_wrap=True, highlight=False)
        if sentence := beam_placement(config.beam_args, config.engine).sentence:
            console.print(sentence, soft_wrap=True, highlight=False)
        log.begin()
        leftovers.close_executions(config.metadata)
        leftovers.remove_outputs(config.root, config.metadata)
        leftovers.remove_partials(config.root)
        log_filters.route_logs(progress, also=progress.announces, log=log.handler)
        schema = _stage(config.schema, config.root / "schemas")
        with listening(progress.evaluated):
            staged = dataclasses.replace(config, schema=schema)
            pipeline = create_pipeline(staged, local(staged))
            progress.nodes = len(pipeline.components)
            _Runner(run_id).run(pipeline)
        summary = ending.ended()
        interruption.came_out()
        return summary
    except RunError:
        raise
    except BaseException as error:
        if interruption.status is not None:
            interruption.came_out()
        ending.failed(error, interruption.status)
    finally:
        progress.stop()
        log.end()


class _Runner(LocalDagRunner):
    """The local runner, for a run whose id is known beforehand."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def run_with_ir(
        self,
        pipeline: pipeline_pb2.Pipeline,
        run_options: pipeline_pb2.RunOptions | None = None,
    ) -> None:
        """Runs as the base class does, which gives an id only where there is none yet."""
        runtime_parameter_utils.substitute_runtime_parameter(
            pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: self._run_id}
        )
        super().run_with_ir(pipeline, run_options)


def _stage(schema: Path, directory: Path) -> Path:
    """Copies the schema to a name made of its content.

    TFX's cache compares the path of an imported schema, not what is in the file.
    """
    content = schema.read_bytes()
    copy = directory / f"{hashlib.sha256(content).hexdigest()[:16]}.pbtxt"
    if not copy.exists():
        with replacing(copy) as scratch:
            Path(scratch).write_bytes(content)
    return copy
