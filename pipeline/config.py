"""Everything that a run of the pipeline can be told, as one typed object."""

import dataclasses
import importlib.util
import os
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class PipelineConfig:
    """Configuration of one pipeline.

    Attributes:
        root: folder of everything that runs write: artifacts, metadata, pushed models, summary.
        data: folder with the CSV files to learn from.
        schema: file with the reviewed schema of the data.
        steps: training steps.
        checkpoint_steps: training steps from one checkpoint to the next.
        select_by: the metric that the sweep chooses by, as TFMA names it.
        engine: what the sweep evaluates with, see `components.evaluation.engines`.
        beam_args: options of the Beam pipelines.
        name: of the pipeline in the metadata store.
        cache: whether a node whose inputs and parameters have not changed is skipped.
    """

    root: Path
    data: Path
    schema: Path
    steps: int = 4000
    checkpoint_steps: int = 200
    select_by: str = "auc"
    engine: str = "fused"
    # The default DirectRunner of recent Beam may download and start another engine instead.
    beam_args: tuple[str, ...] = ("--runner=FnApiRunner",)
    name: str = "taxi"
    cache: bool = True

    @property
    def metadata(self) -> Path:
        """The metadata store, an SQLite file."""
        return self.root / "metadata.sqlite"

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


def check(config: PipelineConfig) -> None:
    """Finds what would fail only minutes later.

    Raises:
        ConfigError: a path is missing, or the steps leave too few checkpoints.
    """
    if not config.data.is_dir() or not any(config.data.glob("*.csv")):
        raise ConfigError(f"There is no .csv file in {config.data}. Name another folder by --data.")
    if not config.schema.is_file():
        raise ConfigError(f"There is no schema at {config.schema}. Name another by --schema.")
    if config.checkpoint_steps < 1 or config.steps < config.checkpoint_steps:
        raise ConfigError(
            f"{config.steps} steps with a checkpoint every {config.checkpoint_steps} leave none to "
            "choose from. Raise --steps or lower --checkpoint-steps."
        )


def repository() -> Path:
    """The folder that holds `pipeline/` and `schemas/`."""
    return Path(__file__).resolve().parent.parent


def taxi_data() -> Path:
    """The Chicago taxi data, with its label, that the `tfx` package ships."""
    # find_spec and not import: importing tfx takes seconds, and --help needs this path.
    spec = importlib.util.find_spec("tfx")
    assert spec is not None
    assert spec.submodule_search_locations
    package = spec.submodule_search_locations[0]
    return Path(os.path.join(package, "examples/chicago_taxi_pipeline/data/big_tipper_label"))
