"""Everything that a run of the pipeline can be told, as one typed object."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.wording import Interface
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.selection.across import Across
from checkpoint_sweep.selection.criteria import Direction, ThresholdMode
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.split_thresholds import SplitThreshold
from checkpoint_sweep.sweeping.predictions.request import Predictions
from pipeline.beam_runner import IN_THIS_PROCESS
from pipeline.problems.problem import Problem

# As `checkpoint_sweep.evaluation.engine.get_engine` has them, which takes seconds to import.
ENGINES = ("fused", "tfma")

# The split that the sweep chooses on, and those beside which it may evaluate.
CHOOSES, OTHERS = "eval", ("train", "test")

_OF_PATTERNS = frozenset("*?[\\")
_MOST_STEPS = 2**31 - 1  # TFX keeps them in 32 bits


@dataclasses.dataclass(frozen=True)
class PipelineConfig:
    """Configuration of one pipeline.

    Attributes:
        problem: What to learn.
        root: Folder of everything that runs write: artifacts, metadata, pushed models, summary.
        data: Folder with the files to learn from.
        schema: File with the reviewed schema of the data.
        steps: Number of training steps.
        checkpoint_steps: Number of training steps from one checkpoint to the next.
        select_by: Metric that the sweep chooses by, as TFMA names it.
        beam_args: Options of the Beam pipelines, see `beam_args`.
        direction: Which values of that metric are better; None for what the evaluation config
            declares.
        across: Slices over which the sweep chooses; None for all examples.
        choose: Which of the eligible checkpoints to choose, see `pipeline.choosing`.
        threshold_mode: How surely thresholds are to be met.
        racing: How checkpoints are dropped early; None to evaluate each on all examples.
        engine: Engine that the sweep evaluates with, one of `ENGINES`.
        averages: Averages of checkpoints, which the sweep evaluates too; None for none.
        predictions: Predictions that the sweep writes; None for none.
        cluster_key: Feature whose examples of one value share a fold; None for none.
        other_splits: Splits on which the sweep evaluates beside `eval`, on which it chooses.
        split_thresholds: Thresholds on these.
        cache: Whether a node whose inputs and parameters have not changed is skipped.
    """

    problem: Problem
    root: Path
    data: Path
    schema: Path
    steps: int
    checkpoint_steps: int
    select_by: str
    beam_args: tuple[str, ...]
    direction: Direction | None = None
    across: Across | None = None
    choose: str = "best"
    threshold_mode: ThresholdMode = ThresholdMode.VALUE
    racing: Racing | None = None
    engine: str = "fused"
    averages: Averages | None = None
    predictions: Predictions | None = None
    cluster_key: str | None = None
    other_splits: tuple[str, ...] = ()
    split_thresholds: tuple[SplitThreshold, ...] = ()
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

    @property
    def logs(self) -> Path:
        """Folder with a log of each run, in which is the whole of every error."""
        return self.root / "logs"


class ConfigError(UserError):
    """The configuration cannot work; the message says what to change."""


@contextlib.contextmanager
def as_config_error(option: str = "") -> Iterator[None]:
    """Turns errors of the library in the block into errors of the configuration.

    Args:
        option: Option that they are about, such as `--choose=best`; "" where they name it.

    Raises:
        ConfigError: The block raised an error of the library. Its message is in the words of
            `checkpoint-sweep`, whose options have the same names.
    """
    try:
        yield
    except UserError as error:
        told = error.told_in(Interface.COMMAND_LINE)
        raise ConfigError(f"{option}: {told}" if option else told) from error


def beam_args(given: Sequence[str]) -> tuple[str, ...]:
    """Completes the options of the Beam pipelines by those of the local runner.

    The default DirectRunner of recent Beam may download and start another engine instead. And TFX
    packages itself anew in every node, for remote workers, unless an image for them is named.

    Raises:
        ConfigError: one is no option by its form.
    """
    takes_value = False
    for arg in given:
        if not arg.startswith("--") and not takes_value:
            raise ConfigError(
                f"--beam-arg={arg} is not an option of Beam. Give it as --beam-arg=--name=value."
            )
        takes_value = arg.startswith("--") and "=" not in arg
    if any(arg.partition("=")[0] == "--runner" for arg in given):
        return tuple(given)
    return (*IN_THIS_PROCESS, *given)


def metadata_store(root: Path) -> Path:
    """Names the metadata store of the runs below `root`."""
    return root / "metadata.sqlite"


def check_folder(folder: Path, option: str) -> None:
    """Checks that Beam and TensorFlow can read files below a folder: they take it for a pattern.

    Args:
        folder: Absolute path of the folder.
        option: Option that names it.

    Raises:
        ConfigError: a character of it stands for others.
    """
    if found := sorted(_OF_PATTERNS & set(str(folder))):
        raise ConfigError(
            f"Beam and TensorFlow take {folder} for a pattern, because of the {found[0]} in it. "
            f"Name another folder by {option}."
        )


def check_steps(steps: int, checkpoint_steps: int) -> None:
    """Checks that training leaves a checkpoint.

    Raises:
        ConfigError: it leaves none to choose from, or is longer than TFX can say.
    """
    if checkpoint_steps < 1 or steps < checkpoint_steps:
        raise ConfigError(
            f"{steps} steps with a checkpoint every {checkpoint_steps} leave none to choose from. "
            "Raise --steps or lower --checkpoint-steps."
        )
    if steps > _MOST_STEPS:
        raise ConfigError(f"--steps={steps} is more than {_MOST_STEPS}. Lower --steps.")


def check_engine(engine: str) -> None:
    """Checks that there is such an engine.

    Raises:
        ConfigError: there is none.
    """
    if engine not in ENGINES:
        raise ConfigError(
            f"There is no engine {engine!r}; there are: {', '.join(ENGINES)}. Name one by --engine."
        )
