"""Compiles the pipeline for a cluster: `python -m pipeline.kubeflow --help`."""

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline import problems
from pipeline.config import ConfigError, PipelineConfig, beam_args, check_steps
from pipeline.kubeflow.parameters import DEFAULT_ROOT, ParameterError, defaults
from pipeline.kubeflow.site import Site
from pipeline.problems.problem import repository
from pipeline.reporting import quiet

# Where the Dockerfile puts the project.
_IMAGE = Path("/app")
_OF_PROBLEM = "(default: the problem's)"


class Target(str, enum.Enum):
    """What to compile for."""

    kubeflow = "kubeflow"
    vertex = "vertex"


def main(
    image: Annotated[str, typer.Option(help="Container image that every task runs in.")],
    problem: Annotated[
        str, typer.Option(help=f"What to learn: {', '.join(problems.definitions())}.")
    ] = problems.DEFAULT,
    target: Annotated[
        Target, typer.Option(help="Kubeflow Pipelines 2.x, or Vertex AI.")
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
        str | None, typer.Option(help=f"Path of the schema in the image. {_OF_PROBLEM}")
    ] = None,
    push_to: Annotated[
        str,
        typer.Option(
            help="Folder to push to: gs:// or a mounted volume; empty for the run's artifact only."
        ),
    ] = "",
    baseline: Annotated[
        str,
        typer.Option(
            help="URI of the deployed model to compare with; empty for none. Vertex AI finds the "
            "latest blessed one by itself."
        ),
    ] = "",
    steps: Annotated[int | None, typer.Option(help=f"Training steps. {_OF_PROBLEM}")] = None,
    checkpoint_steps: Annotated[
        int | None,
        typer.Option(help=f"Training steps from one checkpoint to the next. {_OF_PROBLEM}"),
    ] = None,
    select_by: Annotated[
        str | None,
        typer.Option(help=f"Metric to choose the checkpoint by, as TFMA names it. {_OF_PROBLEM}"),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="What the sweep evaluates with.")
    ] = PipelineConfig.engine,
    beam_arg: Annotated[
        list[str] | None,
        typer.Option(help="A Beam option, such as --runner=DataflowRunner; repeatable."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="File to write. (default: compiled/PROBLEM-TARGET.yaml or .json)"),
    ] = None,
) -> None:
    """Compile the pipeline; data, push_to and baseline can be changed for each run.

    Exit status: 0 when it was compiled, 2 for a wrong argument.
    """
    console = Console()
    if target is Target.vertex and not (root or "").startswith("gs://"):
        raise typer.BadParameter("Vertex AI needs --root=gs://bucket/folder.")
    where = root or DEFAULT_ROOT
    try:
        chosen = problems.get(problem)
        config = PipelineConfig(
            problem=chosen,
            root=Path(),
            data=Path(),
            schema=Path(schema or _IMAGE / chosen.schema.relative_to(repository())),
            steps=chosen.steps if steps is None else steps,
            checkpoint_steps=(
                chosen.checkpoint_steps if checkpoint_steps is None else checkpoint_steps
            ),
            select_by=select_by or chosen.select_by,
            engine=engine,
            beam_args=beam_args(beam_arg or ()),
        )
        check_steps(config.steps, config.checkpoint_steps)
        folder = data or f"{_IMAGE}/data/{problem}"
        values = defaults(folder, push_to, baseline, where)
    except (ConfigError, ParameterError, problems.UnknownProblemError) as error:
        raise typer.BadParameter(str(error)) from None
    site = Site(image, where, str(config.schema), values)
    suffix = "yaml" if target is Target.kubeflow else "json"
    path = output or Path(f"compiled/{problem}-{target.value}.{suffix}")
    quiet.before_imports()
    with console.status("Loading TFX"):
        # Only now: these take seconds, which --help and the errors above need not wait for.
        from pipeline.kubeflow.compile import compile_for_kubeflow, compile_for_vertex, write
    targets = {Target.kubeflow: compile_for_kubeflow, Target.vertex: compile_for_vertex}
    write(targets[target](config, site), path)
    console.print(f"Compiled for {target.value}: {path}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    _app.command()(main)
    sys.exit(_app())
