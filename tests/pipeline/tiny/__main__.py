"""`python -m pipeline`, with one problem, the tiny one."""

import os
import sys

import typer

from pipeline import __main__ as command
from pipeline.checks import data_files
from pipeline.problems import registry

# Data files are not read before the run.
UNREAD = "TINY_UNREAD"

if __name__ == "__main__":
    registry.definitions = lambda: {"tiny": "tests.pipeline.tiny.problem.tiny"}
    if os.environ.get(UNREAD):
        data_files._READ = 20  # noqa: SLF001 - as of a file that is too large to be read
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command.main)
    sys.exit(app(["--problem=tiny", *sys.argv[1:]]))
