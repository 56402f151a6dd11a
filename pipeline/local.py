"""Runs the pipeline on this machine: TFX's local runner, Beam in memory, MLMD in SQLite."""

import dataclasses
import hashlib
from pathlib import Path

from rich.console import Console
from tfx.orchestration.local.local_dag_runner import LocalDagRunner

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.files import replacing
from checkpoint_sweep.common.text import some
from pipeline.config import PipelineConfig
from pipeline.dag import create_pipeline
from pipeline.reporting import quiet
from pipeline.reporting.progress import Progress
from pipeline.reporting.summary import Summary, summarize, write_summary

_LISTED = 10


class DataError(UserError):
    """The data depart from the schema, and a node failed; the message names the features."""


def run(config: PipelineConfig, console: Console) -> Summary:
    """Runs all nodes in order and writes the summary.

    Args:
        config: checked with `pipeline.config.check`.
        console: for progress and warnings.

    Returns:
        What ran, the verdicts and where the model was pushed; also in `config.summary`.

    Raises:
        UserError: something that the user gave does not fit.
    """
    config.root.mkdir(parents=True, exist_ok=True)
    staged = dataclasses.replace(config, schema=_stage(config.schema, config.root / "schemas"))
    progress = Progress(console)
    quiet.route_logs(progress, also=progress.announces)
    try:
        LocalDagRunner().run(create_pipeline(staged))
    except UserError:
        raise
    except Exception as error:
        if anomalies := summarize(config.metadata).anomalies:
            raise DataError(_blame(progress.node, anomalies, config)) from error
        raise
    finally:
        progress.stop()
    summary = summarize(config.metadata)
    write_summary(summary, config.summary)
    return summary


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


def _blame(node: str, anomalies: list[str], config: PipelineConfig) -> str:
    listed = some(anomalies, _LISTED, separator="\n  ")
    return (
        f"{node} failed, and the data depart from the schema {config.schema}:\n  {listed}\n"
        f"Correct the data in {config.data}, or the schema."
    )
