"""Compiles the pipeline for a cluster: `python -m pipeline.kubeflow --help`."""

import dataclasses
import enum
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from checkpoint_sweep.common.console import Screen
from checkpoint_sweep.version import __version__
from pipeline import options
from pipeline.config import ConfigError
from pipeline.kubeflow.compile import pod_options
from pipeline.kubeflow.compile.pods import PodError, is_mounted
from pipeline.kubeflow.compile.site import Site, check_image
from pipeline.kubeflow.parameters import DEFAULT_ROOT, RunParameterError, check_for_vertex, defaults
from pipeline.problems import registry
from pipeline.problems.problem import repository
from pipeline.reporting import log_filters
from pipeline.reporting.failure import fail

# Where the Dockerfile puts the project.
_IMAGE = Path("/app")


# The tasks that open what is pushed.
_USE_PUSHED = ("Inputs", "Baseline", "Pusher")


class Target(str, enum.Enum):
    """What to compile for."""

    kubeflow = "kubeflow"
    vertex = "vertex"


@options.takes_run_options
def main(
    image: Annotated[str, typer.Option(help="Container image that every task runs in.")],
    problem: options.ProblemName = registry.DEFAULT,
    target: Annotated[
        Target,
        typer.Option(metavar="<name>", help="kubeflow: Kubeflow Pipelines 2.x; vertex: Vertex AI."),
    ] = Target.kubeflow,
    root: Annotated[
        str | None,
        typer.Option(
            help="URI below which runs write; gs:// for Vertex AI."
            f" (default for kubeflow: {DEFAULT_ROOT})"
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Folder with the data files: a URI, or a path in the image."
            f" (default: {_IMAGE}/data/PROBLEM)"
        ),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help=f"Path of the schema in the image. {options.OF_PROBLEM}")
    ] = None,
    push_to: Annotated[
        str,
        typer.Option(
            help="Folder to push to: gs:// or a mounted volume; empty for the run's artifact only."
        ),
    ] = "",
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Folder of the deployed model to compare with, or of its versions; empty for none."
            " Vertex AI finds the latest blessed one by itself. (default: what --push-to names)"
        ),
    ] = None,
    *,
    run_options: options.RunOptions,
    pods: pod_options.PodsFile = None,
    resources: pod_options.Resources = None,
    retries: pod_options.Retries = None,
    env: pod_options.Env = None,
    secret: pod_options.Secret = None,
    volume: pod_options.Volume = None,
    output: Annotated[
        Path | None,
        typer.Option(help="File to write. (default: compiled/PROBLEM-TARGET.yaml or .json)"),
    ] = None,
) -> None:
    """Compile the pipeline; what is compiled is the default of each run.

    Exit status: 0 when it was compiled, 2 for a wrong argument.
    """
    console = Screen()
    pipeline_root = root or DEFAULT_ROOT
    try:
        check_image(image)
        chosen = registry.get(problem)
        config = dataclasses.replace(
            run_options.config(chosen),
            schema=Path(schema or _IMAGE / chosen.schema.relative_to(repository())),
        )
        folder = data or f"{_IMAGE}/data/{problem}"
        if target is Target.vertex:
            check_for_vertex(root or "", folder)
        values = defaults(folder, push_to, baseline, pipeline_root)
        said = pod_options.from_options(
            resources or (), retries or (), env or (), secret or (), volume or ()
        )
        if pods:
            said = said.over(pod_options.from_file(pods))
    except (ConfigError, RunParameterError, PodError, registry.UnknownProblemError) as error:
        fail(str(error), 2)
    site = Site(image, pipeline_root, str(config.schema), values, said)
    suffix = "yaml" if target is Target.kubeflow else "json"
    path = output or Path(f"compiled/{problem}-{target.value}.{suffix}")
    log_filters.silence_imports()
    with console.status("Loading TFX"):
        # Only now: these take seconds, which --help and the errors above need not wait for.
        from pipeline.checks.beam_options import check_beam_args
        from pipeline.checks.selection import check_selection
        from pipeline.kubeflow.compile.compiler import (
            compile_for_kubeflow,
            compile_for_vertex,
            write,
        )
    try:
        check_beam_args(config.beam_args)
        check_selection(config)
        targets = {Target.kubeflow: compile_for_kubeflow, Target.vertex: compile_for_vertex}
        with console.status("Compiling"):
            write(targets[target](config, site), path, f"Made by {_command()}")
    except (ConfigError, PodError) as error:
        fail(str(error), 2)
    # A task without the volume would find nothing pushed, and no baseline.
    without = [task for task in _USE_PUSHED if not is_mounted(said.of(task), push_to)]
    if target is Target.kubeflow and push_to.startswith("/") and without:
        console.print(
            f"[yellow]warning[/] No volume is mounted at {push_to} in {', '.join(without)}: what "
            "is pushed there is lost with the pod, or not found. Mount one, by "
            f"--volume={push_to}=CLAIM.",
            highlight=False,
            soft_wrap=True,
        )
    console.print(f"Compiled for {target.value}: {path}", highlight=False, soft_wrap=True)
    where = "--host=URL" if target is Target.kubeflow else "--project=PROJECT --region=REGION"
    console.print(
        f"Submit it: make submit ARGS='{target.value} --package={path} {where}'",
        highlight=False,
        soft_wrap=True,
    )


def _command() -> str:
    """The command line that this process runs, on one line."""
    version = f"checkpoint-sweep {__version__}"
    given = " ".join(shlex.join(sys.argv[1:]).split())
    return f"python -m pipeline.kubeflow {given} ({version})"


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command(help=options.help_of(main))(main)
    sys.exit(_app())
