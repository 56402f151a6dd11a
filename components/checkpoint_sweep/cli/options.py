"""Arguments and options that several commands have. Importing it must stay cheap."""

from typing import Annotated

import typer

Run = Annotated[str, typer.Argument(help="Folder of the checkpoints.")]
Folder = Annotated[str, typer.Argument(help="Folder of a sweep, as --output of `sweep`.")]
Model = Annotated[
    str,
    typer.Option(
        help="Folder of a SavedModel that was exported from one of the checkpoints; or of an "
        "Estimator's exports, of which the newest is used."
    ),
]
Examples = Annotated[
    list[str],
    typer.Option(
        help="Files of examples: TFRecord, CSV, TSV or Parquet, a pattern or a folder, or the "
        "folder of a TFX Examples artifact; repeatable."
    ),
]
Schema = Annotated[str | None, typer.Option(help="Schema of the examples, a text proto.")]
Encoding = Annotated[
    str, typer.Option(help="Encoding of CSV files, such as latin-1; a byte order mark wins.")
]
Split = Annotated[str, typer.Option(help="Split of an Examples artifact.")]
StepFrom = Annotated[
    str | None,
    typer.Option(
        help="Regular expression that finds the step in a checkpoint's name, as 'ckpt-(\\d+)' "
        "does. (default: the number that grows with time)"
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the outcome only.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
