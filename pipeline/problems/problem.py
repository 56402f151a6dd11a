"""What a learning problem gives to the pipeline; everything else is the same for all of them."""

import dataclasses
import enum
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


class FileFormat(enum.Enum):
    """What the data files are."""

    CSV = "*.csv"
    TFRECORD = "*.tfrecord*"


@dataclasses.dataclass(frozen=True)
class Problem:
    """One problem. Importing its definition is cheap: code is named, not imported.

    Attributes:
        name: Name on the command line and in the metadata store.
        question: Question that the model answers, in one sentence.
        data: Finds the default data, given a folder in which it may make them.
        file_format: Format of the data.
        schema: Reviewed schema of the data.
        eval_config: Dotted name of the function that gives the `tfma.EvalConfig`.
        run_fn: Dotted name of the Trainer's entry point.
        preprocessing_fn: Dotted name of Transform's; None for a model that reads raw examples.
        select_by: Metric that the sweep chooses by, as TFMA names it; the evaluation config
            declares its direction.
        steps: Number of training steps.
        checkpoint_steps: Number of training steps from one checkpoint to the next.
        options: What the Trainer's entry point is told beside that.
    """

    name: str
    question: str
    data: Callable[[Path], Path]
    file_format: FileFormat
    schema: Path
    eval_config: str
    run_fn: str
    select_by: str
    steps: int
    checkpoint_steps: int
    preprocessing_fn: str | None = None
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)


def load(name: str) -> Any:
    """Imports what a dotted name such as ``"package.module.function"`` stands for."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def repository() -> Path:
    """Finds the folder that holds `pipeline/` and `schemas/`."""
    return Path(__file__).resolve().parents[2]
