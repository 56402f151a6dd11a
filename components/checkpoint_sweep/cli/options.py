"""Options of the commands, as values of the library. Importing it must stay cheap."""

from typing import Annotated

import typer

Run = Annotated[str, typer.Argument(help="Folder of the checkpoints.")]
Folder = Annotated[str, typer.Argument(help="Folder of a sweep, as --output of `sweep`.")]
Model = Annotated[
    str, typer.Option(help="Folder of a SavedModel that was exported from one of the checkpoints.")
]
Examples = Annotated[
    list[str],
    typer.Option(
        help="Files of examples: TFRecord, CSV or Parquet, a pattern or a folder, or the folder of "
        "a TFX Examples artifact; repeatable."
    ),
]
Config = Annotated[
    str, typer.Option(help="Evaluation config: a text proto, or .json or .yaml with its fields.")
]
Select = Annotated[str, typer.Option(help="Metric to choose by, as TFMA names it.")]
DirectionName = Annotated[
    str | None,
    typer.Option(
        "--direction",
        help="Which of its values are better: higher or lower. (default: what its change threshold "
        "says)",
    ),
]
Output = Annotated[
    str | None, typer.Option(help="Folder for the results. (default: that of the run, and -sweep)")
]
Schema = Annotated[str | None, typer.Option(help="Schema of the examples, a text proto.")]
Split = Annotated[str, typer.Option(help="Split of an Examples artifact.")]
Baseline = Annotated[
    str | None, typer.Option(help="Folder of a SavedModel that change thresholds compare with.")
]
FirstStep = Annotated[int | None, typer.Option(help="The smallest step to take.")]
LastStep = Annotated[int | None, typer.Option(help="The largest step to take.")]
Race = Annotated[
    bool,
    typer.Option("--race", help="Drop checkpoints that are out after a share of the examples."),
]
AverageLast = Annotated[
    list[int] | None,
    typer.Option(help="Evaluate the average of the last n checkpoints too; repeatable."),
]
GreedySoup = Annotated[
    bool, typer.Option("--greedy-soup", help="Evaluate a greedy soup of the checkpoints too.")
]
Engine = Annotated[
    str, typer.Option(help="What evaluates: fused (all in one pass) or tfma (stock).")
]
BatchSize = Annotated[int | None, typer.Option(help="Examples to take at once.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only the outcome.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
