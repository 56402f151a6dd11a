"""The command line of the local pipeline: `python -m pipeline --help`."""

import contextlib
import dataclasses
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from checkpoint_sweep.common.console import Screen
from checkpoint_sweep.common.error_messages import find_refusal, telling_line
from checkpoint_sweep.common.run_log import RunLog
from checkpoint_sweep.common.streams import keep_streams
from pipeline import options
from pipeline.checks.data_files import check_data
from pipeline.checks.schema import check_schema
from pipeline.config import ConfigError, PipelineConfig, check_folder
from pipeline.local.interruption import Interruption
from pipeline.local.lock import RootError, locked
from pipeline.problems import registry
from pipeline.reporting import error_messages, log_filters
from pipeline.reporting.failure import fail, leave
from pipeline.reporting.run_summary import FAILED, Summary, new_run_id, write_summary


@options.takes_run_options
def main(
    problem: options.ProblemName = registry.DEFAULT,
    root: Annotated[
        Path | None,
        typer.Option(help="Folder for everything that the run writes. (default: runs/PROBLEM)"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with the data files. (default: data that a package ships)"),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help=f"Schema of the data. {options.OF_PROBLEM}")
    ] = None,
    *,
    run_options: options.RunOptions,
    cache: Annotated[
        bool, typer.Option(help="Skip nodes whose inputs and parameters have not changed.")
    ] = PipelineConfig.cache,
) -> None:
    """Train, sweep all checkpoints, confirm the best on held-out data, and push it.

    Exit status: 0 when the pipeline ran to its end, whether or not it blessed a model (see
    summary.json in the root); 1 when a node failed, or another run has the root; 2 for a wrong
    argument; 130 or 143 when it was interrupted.
    """
    keep_streams()
    interruption = Interruption(_interrupted)
    interruption.listen()
    try:
        chosen = registry.get(problem)
        config = dataclasses.replace(
            run_options.config(chosen),
            root=(root or Path("runs") / problem).resolve(),
            schema=(schema or chosen.schema).resolve(),
            cache=cache,
        )
        check_folder(config.root, "--root")
        check_schema(config.schema)
        if data:
            config = dataclasses.replace(config, data=data.resolve())
            check_folder(config.data, "--data")
            check_data(config.data, chosen.file_format)
        log_filters.silence_imports()
        with locked(config.root):
            summary = _run(config, data is None, interruption)
    except (ConfigError, registry.UnknownProblemError) as error:
        fail(str(error), 2)
    except RootError as error:
        fail(str(error), 1)
    except BaseException as error:
        if interruption.status is not None:
            interruption.came_out()
            _interrupted(interruption.status)
        if isinstance(error, typer.Exit) or not isinstance(error, Exception):
            raise
        # Of the arguments: a run that has begun tells of its errors itself.
        fail(find_refusal(error) or f"{telling_line(error)}. Correct the arguments.", 1)
    # Out of all that: the summary has been written, and stays whatever becomes of the terminal.
    from pipeline.reporting.summary_view import print_summary

    print_summary(summary, config.summary, Screen())


def _interrupted(status: int) -> NoReturn:
    leave("Interrupted. Run the same command to start again.", status)


def _run(config: PipelineConfig, own_data: bool, interruption: Interruption) -> Summary:
    """Runs what is configured.

    Args:
        config: Configuration of the run, whose root is locked.
        own_data: Whether the data are the problem's, which it may write into the root.
        interruption: Interruption of the run, if there is one.

    Raises:
        ConfigError: something in the configuration cannot work.
        typer.Exit: the run has failed, and said so.
    """
    console = Screen()
    try:
        if own_data:
            files = config.problem.data(config.root / "data").resolve()
            check_data(files, config.problem.file_format)
            config = dataclasses.replace(config, data=files)
        # What takes seconds to import, which no error before need wait for; the quicker first.
        with console.status("Loading Beam and TensorFlow"):
            from pipeline.checks.beam_options import check_beam_args, check_cluster

            check_beam_args(config.beam_args)
            check_cluster(config.beam_args)
            from pipeline.checks.selection import check_selection

            check_selection(config)
        with console.status("Loading TFX"):
            from pipeline.local.ending import RunError
            from pipeline.local.run import run
    except ConfigError:
        raise
    except Exception as error:
        if interruption.status is not None:
            raise
        fail(_unforeseen(error, config), 1)
    try:
        return run(config, console, interruption)
    except RunError as error:
        if error.interrupted:
            leave(str(error), error.status)
        fail(str(error), error.status)


def _unforeseen(error: Exception, config: PipelineConfig) -> str:
    """Tells of an error before the run in the log and the summary; gives the sentence for it."""
    run_id = new_run_id()
    log = RunLog(config.logs / f"{run_id}.log")
    log.write("The run failed before its first node", error)
    refused = find_refusal(error)
    message = (
        error_messages.refused("", refused)
        if refused
        else error_messages.unforeseen("", error, log.path)
    )
    with contextlib.suppress(OSError):  # as on a full disk, which the message is about
        write_summary(Summary(run_id, FAILED, message), config.summary)
    return message


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command(help=options.help_of(main))(main)
    sys.exit(_app())
