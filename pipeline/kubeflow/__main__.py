"""Compiles the pipeline for a cluster: `python -m pipeline.kubeflow --help`."""

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline import quiet
from pipeline.config import PipelineConfig
from pipeline.kubeflow.parameters import DEFAULT_ROOT, ParameterError, defaults
from pipeline.kubeflow.site import Site

_DEFAULT = PipelineConfig(Path(), Path(), Path())
# Where the Dockerfile puts them.
_IMAGE_DATA = "/app/data/taxi"
_IMAGE_SCHEMA = "/app/schemas/taxi/schema.pbtxt"


class Target(str, enum.Enum):
    """What to compile for."""

    kubeflow = "kubeflow"
    vertex = "vertex"


def main(
    image: Annotated[str, typer.Option(help="Container image that every task runs in.")],
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
        str, typer.Option(help="Folder with CSV files: a URI, or a path in the image.")
    ] = _IMAGE_DATA,
    schema: Annotated[str, typer.Option(help="Path of the schema in the image.")] = _IMAGE_SCHEMA,
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
    steps: Annotated[int, typer.Option(help="Training steps.")] = _DEFAULT.steps,
    checkpoint_steps: Annotated[
        int, typer.Option(help="Training steps from one checkpoint to the next.")
    ] = _DEFAULT.checkpoint_steps,
    select_by: Annotated[
        str, typer.Option(help="Metric to choose the checkpoint by, as TFMA names it.")
    ] = _DEFAULT.select_by,
    engine: Annotated[str, typer.Option(help="What the sweep evaluates with.")] = _DEFAULT.engine,
    beam_arg: Annotated[
        list[str] | None,
        typer.Option(help="A Beam option, such as --runner=DataflowRunner; repeatable."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="File to write. (default: compiled/NAME-TARGET.yaml or .json)"),
    ] = None,
) -> None:
    """Compile the pipeline; data, push_to and baseline can be changed for each run.

    Exit status: 0 when it was compiled, 2 for a wrong argument.
    """
    console = Console()
    if checkpoint_steps < 1 or steps < checkpoint_steps:
        raise typer.BadParameter(
            f"{steps} steps with a checkpoint every {checkpoint_steps} leave none to choose from. "
            "Raise --steps or lower --checkpoint-steps."
        )
    if target is Target.vertex and not (root or "").startswith("gs://"):
        raise typer.BadParameter("Vertex AI needs --root=gs://bucket/folder.")
    config = PipelineConfig(
        root=Path(),
        data=Path(),
        schema=Path(schema),
        steps=steps,
        checkpoint_steps=checkpoint_steps,
        select_by=select_by,
        engine=engine,
        beam_args=(*_DEFAULT.beam_args, *(beam_arg or ())),
    )
    where = root or DEFAULT_ROOT
    try:
        site = Site(image, where, schema, defaults(data, push_to, baseline, where))
    except ParameterError as error:
        raise typer.BadParameter(str(error)) from None
    suffix = "yaml" if target is Target.kubeflow else "json"
    path = output or Path(f"compiled/{config.name}-{target.value}.{suffix}")
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
