"""Finds out before the run whether Beam takes the options that it is given."""

import contextlib
import difflib
import io
import logging
from collections.abc import Iterator, Sequence

from checkpoint_sweep.common.text import first_line
from pipeline.beam_runner import is_local, named_runner, short_name
from pipeline.config import ConfigError

_DEFAULT_RUNNER = "direct"


def check_beam_args(args: Sequence[str]) -> None:
    """Checks that Beam knows the options and can use their values.

    Raises:
        ConfigError: it does not, or cannot.
    """
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.runner import create_runner

    said = io.StringIO()
    try:
        # argparse prints its usage, of a hundred lines, and ends the process.
        with contextlib.redirect_stderr(said), _without_logs():
            options = PipelineOptions(list(args))
            taken = options.get_all_options(retain_unknown_options=True)
            known = options.get_all_options()
    except SystemExit as error:
        reason = said.getvalue().strip().rpartition("error: ")[2].removeprefix("argument ")
        raise ConfigError(f"Beam cannot use {reason}. Correct the --beam-arg.") from error
    runner = named_runner(args) or _DEFAULT_RUNNER
    try:
        create_runner(runner)
    except (ValueError, ImportError, AttributeError) as error:
        raise ConfigError(
            f"Beam has no runner {runner!r} here: {str(error).rstrip('.')}. Correct "
            f"--beam-arg=--runner={runner}."
        ) from error
    if not is_local(runner):
        return
    for name in taken.keys() - known.keys():
        close = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean --{close[0]}?" if close else "Leave it out."
        raise ConfigError(f"Beam has no option --{name}. {hint}")


def check_cluster(args: Sequence[str]) -> None:
    """Checks, if the runner is Dask's, that a scheduler answers and has workers.

    Or one would know only after training.

    Args:
        args: Options that `check_beam_args` has checked.

    Raises:
        ConfigError: none answers, or it has none.
    """
    from apache_beam.options.pipeline_options import PipelineOptions

    from checkpoint_sweep.evaluation.inputs.parallelism import threads_on_dask

    if short_name(named_runner(args) or _DEFAULT_RUNNER) != "dask":
        return
    try:
        threads = threads_on_dask(PipelineOptions(list(args)))
    except OSError as error:
        raise ConfigError(
            f"No Dask scheduler answers: {first_line(error)}. Start one, by make cluster for "
            "example, or correct --beam-arg=--dask_client_address."
        ) from error
    if not threads:
        raise ConfigError("The Dask scheduler has no workers. Start some.")


@contextlib.contextmanager
def _without_logs() -> Iterator[None]:
    """Silences warnings: what Beam warns of is an error here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
