"""Arguments and options that several commands have. Importing it must stay cheap."""

from collections.abc import Iterable
from typing import Annotated

import typer

Run = Annotated[str, typer.Argument(help="Folder of the checkpoints.")]
Runs = Annotated[
    list[str],
    typer.Argument(
        help="Folder of the checkpoints; several, such as runs/seed-*, for one choice among all."
    ),
]
# A list, as that of `sweep`: several folders are refused with what to do instead.
WatchedRun = Annotated[list[str], typer.Argument(help="Folder of the checkpoints.")]
Across = Annotated[
    list[str] | None,
    typer.Option(
        help="Choose by the metric on several slices: FEATURE, for every value of it, or "
        "FEATURE=VALUE, repeatable; with a comma between several features.",
    ),
]
Combine = Annotated[
    str,
    typer.Option(
        help="What the values of --across come to: mean, worst, or a mean with weights, "
        "mean:0.7,0.3 or by a metric: mean:example_count."
    ),
]
Folder = Annotated[str, typer.Argument(help="Folder of a sweep, as --output of `sweep`.")]
Model = Annotated[
    str,
    typer.Option(
        help="Folder of a SavedModel that was exported from one of the checkpoints; or of an "
        "Estimator's exports, of which the newest is used."
    ),
]
Models = Annotated[
    list[str],
    typer.Option(
        help="Folder of a SavedModel that was exported from one of the checkpoints; or of an "
        "Estimator's exports, of which the newest is used. Of several runs, one that all share; or "
        "one for each, repeated in their order, or with {run} for the folder of each run."
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
Race = Annotated[
    bool,
    typer.Option(
        "--race",
        help="Drop significantly worse checkpoints after a part of the examples: this pays where "
        "prediction takes most of the time.",
    ),
]
ClusterKey = Annotated[
    str | None,
    typer.Option(
        help="Feature, such as user_id: examples of one value are not independent, and share a "
        "fold, so that the sweep's intervals are those of clusters."
    ),
]
AverageLast = Annotated[
    list[int] | None,
    typer.Option(help="Evaluate the average of the last n checkpoints too; repeatable."),
]
GreedySoup = Annotated[
    bool,
    typer.Option(
        "--greedy-soup",
        help="Evaluate a greedy soup too: the average of the checkpoints that are better together.",
    ),
]
AverageWeights = Annotated[
    list[str] | None,
    typer.Option(
        help="Weights of the checkpoints in these averages: uniform, linear, cosine or "
        "exponential; repeatable, an average for each. (default: uniform)"
    ),
]
WritePredictions = Annotated[
    bool,
    typer.Option(
        "--predictions",
        help="Write the predictions of the chosen and of the baseline on every example, as "
        "Parquet files.",
    ),
]
Engine = Annotated[str, typer.Option(help="Engine: fused (all in one pass) or tfma (stock).")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the outcome only.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
OtherSplit = Annotated[
    list[str] | None,
    typer.Option(
        help="Evaluate every checkpoint on this split too, and show it beside: NAME of a split of "
        "an Examples artifact, or NAME=FILES; repeatable."
    ),
]
SplitThresholds = Annotated[
    list[str] | None,
    typer.Option(
        help="Threshold on such a split, or on the one that chooses, 'train: auc >= 0.8'; or on "
        "the gap, its value less that of the split that chooses, 'train: gap of auc <= 0.05'; "
        "repeatable."
    ),
]


def patterns_by_split(given: Iterable[str]) -> dict[str, list[str]]:
    """Collects the files of each other split; none for a split of the same artifact.

    >>> patterns_by_split(["train=a.tfrecord", "train=b.tfrecord", "drift"])
    {'train': ['a.tfrecord', 'b.tfrecord'], 'drift': []}

    Args:
        given: Texts of the form NAME or NAME=FILES.
    """
    patterns: dict[str, list[str]] = {}
    for text in given:
        name, _, files = text.partition("=")
        patterns.setdefault(name, []).extend([files] if files else [])
    return patterns
