"""Submits a compiled pipeline; runs in the environment of the Kubeflow SDK, without TFX."""

import sys

import typer

from pipeline.kubeflow.submit.to_kubeflow import kubeflow
from pipeline.kubeflow.submit.to_vertex import vertex

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
app.command()(kubeflow)
app.command()(vertex)


if __name__ == "__main__":
    sys.exit(app())
