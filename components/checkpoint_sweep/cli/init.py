"""The command that drafts an evaluation config."""

import os
import shlex
from typing import Annotated

import typer

from checkpoint_sweep.cli import options, screen
from checkpoint_sweep.cli.missing import refuse_missing


def init(
    model: options.Model,
    examples: options.Examples,
    output: Annotated[
        str | None, typer.Option(help="File for the config. (default: standard output)")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="Feature that is the label. (default: one that the model does not take)"),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(
            help="Feature that is the weight of an example; '' for none. (default: one "
            "that is called so)"
        ),
    ] = None,
    schema: options.Schema = None,
    encoding: options.Encoding = "utf-8",
    split: options.Split = "eval",
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Draft an evaluation config from a SavedModel and from examples, to be edited.

    Label, kind of problem, weights and slices are guessed; what might be otherwise is said, on
    stderr and in the file.

    Examples:

      checkpoint-sweep init --model=export --examples='eval-*.tfrecord' \\
          --output=eval_config.pbtxt
      checkpoint-sweep init --model=export --examples=eval.csv --label=fare

    Exit status: 0, or 2 for bad input, such as a model that does not predict on the examples.
    """
    if output is not None and os.path.exists(output) and not force:
        screen.fail(f"{output} exists. Name another file, or replace it by --force.")
    refuse_missing({"--model": [model], "--examples": examples, "--schema": [schema]})
    with screen.loading():
        from checkpoint_sweep.sweeping.drafting.draft import draft

    drafted = draft(
        model,
        examples,
        split=split,
        schema=schema,
        encoding=encoding,
        label=label,
        weight=weight,
    )
    if output is not None:
        _write(output, drafted.text)
    if output is None:
        typer.echo(drafted.text, nl=False)
    for note in drafted.notes:
        screen.say(note)
    if drafted.problem:
        where = f"{output} is written" if output else "The config is drafted"
        screen.fail(
            f"{where}, but a sweep with this model and these examples would fail, for the reason "
            "above. Correct it first (docs/files.md has how, for missing values), and draft again"
            f"{', with --force' if output else ''}."
        )
    if output is not None:
        screen.say(f"{output} is written. Edit it, and then:")
        screen.say_command(
            "checkpoint-sweep sweep RUN",
            f"--model={shlex.quote(drafted.model)}",
            *(f"--examples={shlex.quote(pattern)}" for pattern in examples),
            f"--config={shlex.quote(output)}",
            f"--select={drafted.select}",
        )


def _write(path: str, text: str) -> None:
    from checkpoint_sweep.common.files import replacing

    try:
        with replacing(os.path.abspath(path)) as scratch, open(scratch, "w") as file:
            file.write(text)
    except OSError as error:
        screen.fail(f"{path} cannot be written: {error.strerror}. Name another file.")
