"""Runs the pipeline on this machine: TFX's local runner, Beam in memory, MLMD in SQLite."""

from rich.console import Console
from tfx.orchestration.local.local_dag_runner import LocalDagRunner

from pipeline import quiet
from pipeline.config import PipelineConfig
from pipeline.dag import create_pipeline
from pipeline.progress import Progress
from pipeline.summary import Summary, summarize, write_summary


def run(config: PipelineConfig, console: Console) -> Summary:
    """Runs all nodes in order and writes the summary.

    Args:
        config: checked with `pipeline.config.check`.
        console: for progress and warnings.

    Returns:
        What ran, the verdicts and where the model was pushed; also in `config.summary`.
    """
    config.root.mkdir(parents=True, exist_ok=True)
    progress = Progress(console)
    quiet.route_logs(progress)
    try:
        LocalDagRunner().run(create_pipeline(config))
    finally:
        progress.stop()
    summary = summarize(config)
    write_summary(summary, config.summary)
    return summary
