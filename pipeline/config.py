"""Everything that a run of the pipeline can be told, as one typed object."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from pipeline.problems.problem import Problem


@dataclasses.dataclass(frozen=True)
class PipelineConfig:
    """Configuration of one pipeline.

    Attributes:
        problem: what to learn.
        root: folder of everything that runs write: artifacts, metadata, pushed models, summary.
        data: folder with the files to learn from.
        schema: file with the reviewed schema of the data.
        steps: training steps.
        checkpoint_steps: training steps from one checkpoint to the next.
        select_by: the metric that the sweep chooses by, as TFMA names it.
        beam_args: options of the Beam pipelines, see `beam_args`.
        engine: what the sweep evaluates with, see `checkpoint_sweep.evaluation.engine.get_engine`.
        cache: whether a node whose inputs and parameters have not changed is skipped.
    """

    problem: Problem
    root: Path
    data: Path
    schema: Path
    steps: int
    checkpoint_steps: int
    select_by: str
    beam_args: tuple[str, ...]
    engine: str = "fused"
    cache: bool = True

    @property
    def metadata(self) -> Path:
        """The metadata store, an SQLite file."""
        return metadata_store(self.root)

    @property
    def pushed(self) -> Path:
        """Folder with one pushed SavedModel a version."""
        return self.root / "serving"

    @property
    def summary(self) -> Path:
        """The summary of the last run."""
        return self.root / "summary.json"


class ConfigError(ValueError):
    """The configuration cannot work; the message says what to change."""


def beam_args(given: Sequence[str]) -> tuple[str, ...]:
    """Options of the Beam pipelines: those given, and those of the local runner by default.

    The default DirectRunner of recent Beam may download and start another engine instead. And TFX
    packages itself anew in every node, for remote workers, unless an image for them is named.
    """
    if any(arg.startswith("--runner") for arg in given):
        return tuple(given)
    return ("--runner=FnApiRunner", "--sdk_container_image=none", *given)


def metadata_store(root: Path) -> Path:
    """The metadata store of the runs below `root`."""
    return root / "metadata.sqlite"


def check_steps(steps: int, checkpoint_steps: int) -> None:
    """Checks that training leaves a checkpoint.

    Raises:
        ConfigError: it leaves none to choose from.
    """
    if checkpoint_steps < 1 or steps < checkpoint_steps:
        raise ConfigError(
            f"{steps} steps with a checkpoint every {checkpoint_steps} leave none to choose from. "
            "Raise --steps or lower --checkpoint-steps."
        )


def check(config: PipelineConfig) -> None:
    """Finds what would fail only minutes later.

    Raises:
        ConfigError: a path is missing.
    """
    pattern = config.problem.file_format.value
    if not config.data.is_dir() or not any(config.data.glob(pattern)):
        raise ConfigError(
            f"There is no {pattern} file in {config.data}. Name another folder by --data."
        )
    if not config.schema.is_file():
        raise ConfigError(f"There is no schema at {config.schema}. Name another by --schema.")
