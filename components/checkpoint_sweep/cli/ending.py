"""Ends every command: by what it did, by one sentence, or by one sentence that names a log.

While a command runs, all that libraries write to stderr, also from C++, goes to a log file, which
is removed again unless an error is in it that nobody foresaw.
"""

import contextlib
import functools
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import typer

from checkpoint_sweep.cli import screen
from checkpoint_sweep.cli.interruption import Interruption
from checkpoint_sweep.common.error_messages import find_foreseen, find_refusal, telling_line
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.run_log import RunLog
from checkpoint_sweep.common.streams import open_stream
from checkpoint_sweep.common.wording import Interface

# How a command says that it has ended, and that its options do not fit.
_OF_TYPER = (typer.Exit, typer.Abort, typer.BadParameter)
_GOES_ON = ("sweep", "watch")
_STDERR = 2


def in_a_sentence(command: Callable[..., None], interruption: Interruption) -> Callable[..., None]:
    """Makes a command that ends in one sentence, whatever it raises, and keeps libraries quiet.

    Args:
        command: Command, which keeps its signature.
        interruption: Signals that the process gets.
    """

    @functools.wraps(command)
    def wrapper(*arguments: Any, **options: Any) -> None:
        if command.__name__ in _GOES_ON:
            interruption.sentence = "Interrupted. Run the same command to resume."
        log = _begin_log(interruption)
        screen.before_imports()
        try:
            command(*arguments, **options)
        except _OF_TYPER:
            raise
        except BaseException as error:
            _fail(error, log)
        finally:
            if log is not None:
                with contextlib.suppress(OSError):
                    log.path.unlink(missing_ok=True)

    return wrapper


def _fail(error: BaseException, log: RunLog | None) -> NoReturn:
    if refused := find_refusal(error):
        screen.fail(refused)
    if foreseen := find_foreseen(error):
        screen.fail(
            foreseen.told_in(Interface.COMMAND_LINE),
            screen.BAD_INPUT if isinstance(foreseen, UserError) else 1,
        )
    said = telling_line(error)
    if log is None:
        screen.fail(f"{said}. No log of it can be written. Set TMPDIR to a folder for one.", 1)
    log.write("The command failed", error)
    kept = log.path.with_suffix("")
    with contextlib.suppress(OSError):
        log.keep(kept)
    screen.fail(f"{said}. The whole error is in {kept}.", 1)


def _begin_log(interruption: Interruption) -> RunLog | None:
    """Sends what libraries say to a log file; None where none can be written."""
    try:
        number, path = tempfile.mkstemp(".log.unfinished", "checkpoint-sweep-")
    except OSError:
        return None
    os.close(number)
    log = RunLog(Path(path))
    sys.stderr.flush()
    interruption.log, interruption.stderr = log.path, os.dup(_STDERR)
    terminal = open_stream(interruption.stderr, sys.stderr.encoding)
    log.begin()
    screen.redirect(terminal)
    logging.getLogger().handlers = [log.handler]
    logging.captureWarnings(True)
    return log
