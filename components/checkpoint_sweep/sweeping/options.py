"""The options of a sweep: its examples, its selection, and the way it evaluates.

Importing it must stay cheap.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from checkpoint_sweep.common.sequences import as_list
from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE, check_amounts
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.selection.cluster_key import check_cluster_key
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.split_thresholds import SplitThreshold, check_split_names
from checkpoint_sweep.sweeping.predictions.request import Predictions

if TYPE_CHECKING:
    from tensorflow_model_analysis.proto import config_pb2

# In this process; Beam's default may download another runner.
BEAM_ARGS = ("--runner=FnApiRunner",)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SharedOptions:
    """The options that a sweep of files and one in a TFX pipeline share, see `SweepOptions`.

    Raises:
        EngineError: `batch_size` or `memory_budget` is below 1.
        SelectionError: The cluster key is no name, or the engine estimates no errors.
    """

    steps: StepRange = dataclasses.field(default_factory=StepRange)
    step_from: str | None = None
    averages: Averages | None = None
    racing: Racing | None = None
    engine: str = DEFAULT_ENGINE
    batch_size: int | None = None
    memory_budget: int | None = None
    predictions: Predictions | None = None
    cluster_key: str | None = None
    split_thresholds: Sequence[SplitThreshold] = ()

    def __post_init__(self) -> None:
        check_amounts(self.batch_size, self.memory_budget)
        check_cluster_key(self.cluster_key, self.engine)


@dataclasses.dataclass(frozen=True)
class SweepOptions(SharedOptions):
    """Options of a sweep: the same for `sweep`, `watch`, and a sweep from within a training.

    >>> from checkpoint_sweep import Averages, Selection, StepRange, SweepOptions
    >>> options = SweepOptions(
    ...     examples="eval-*.tfrecord",
    ...     config="eval_config.pbtxt",
    ...     select=Selection("auc", slice={"payment_type": "Cash"}),
    ...     steps=StepRange(first=1),
    ...     averages=Averages(last=(5,)),
    ... )
    >>> str(options.selection)
    'auc on payment_type=Cash'

    Attributes:
        examples: Patterns of TFRecord, CSV, TSV or Parquet files, folders of such files, or the
            folder of an Examples artifact.
        config: Evaluation config, or the path of its file: a text proto, JSON or YAML.
        select: Metric to choose by, as TFMA names it, with its output, class or top k where there
            are several (`price/mean_absolute_error`), or a selection with more to it.
        output: Local directory for the results; the run's, with `-sweep` at its end, if None.
        split: Split of an Examples artifact.
        schema: Path of the schema of the examples; None for what is in them.
        encoding: Encoding of CSV files without a byte order mark.
        baseline: Directory of a SavedModel that change thresholds compare with; None for none.
        steps: Checkpoints to evaluate.
        step_from: Regular expression that finds the step in the name of a checkpoint, as its
            groups; None to tell it from the names.
        averages: Averages of checkpoints to evaluate too; None for none.
        racing: Race in which checkpoints are dropped early; None to evaluate each on all examples.
        engine: "fused", all checkpoints in one pass, or "tfma", stock TFMA once for each.
        batch_size: Number of examples to predict at once; None for the engine's default.
        memory_budget: Bytes for the weights of all models; those beyond it are evaluated in
            further passes. None for a share of the machine's memory.
        beam_args: Options of the Beam pipelines.
        predictions: Predictions to write, of the chosen, the baseline and checkpoints that are
            named; None for none.
        cluster_key: Feature, such as "user_id", of which examples of one value are not independent:
            they share a fold, so that errors are those of clusters. None for none.
        eval_model: Directory of a SavedModel with an eval graph, the exported one or another, or
            the folder of an Estimator's exports of it: the model function's own metrics are
            computed too, as `model_fn/NAME`. None for TFMA's alone.
        other_splits: Splits on which every candidate is evaluated beside the one that chooses:
            names of splits of an Examples artifact, or files as `examples` has them by the name
            of the split, `{"train": "train-*.tfrecord"}`.
        split_thresholds: Thresholds on these splits, on the gap to the one that chooses, or on
            that one, by its name in `split`.

    Raises:
        EngineError: `batch_size` or `memory_budget` is below 1.
        SelectionError: The cluster key is no name, or the engine estimates no errors; or a split
            is there twice, or has no name for a folder, or a threshold is on none of them.
    """

    examples: str | Sequence[str]
    config: "str | config_pb2.EvalConfig"
    select: str | Selection
    _: dataclasses.KW_ONLY
    output: str | None = None
    split: str = "eval"
    schema: str | None = None
    encoding: str = "utf-8"
    baseline: str | None = None
    beam_args: Sequence[str] = BEAM_ARGS
    eval_model: str | None = None
    other_splits: Sequence[str] | Mapping[str, str | Sequence[str]] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_split_names(self.split_thresholds, list(self.patterns_of_splits), [self.split])

    @property
    def shared(self) -> dict[str, Any]:
        """The options that a sweep in a TFX pipeline has too, by name."""
        return {
            field.name: getattr(self, field.name) for field in dataclasses.fields(SharedOptions)
        }

    @property
    def patterns(self) -> list[str]:
        """The patterns of the examples, as a list."""
        return as_list(self.examples)

    @property
    def patterns_of_splits(self) -> dict[str, list[str]]:
        """The patterns of the other splits by name; none for splits of the same artifact."""
        if isinstance(self.other_splits, Mapping):
            return {name: as_list(given) for name, given in self.other_splits.items()}
        return {name: [] for name in as_list(self.other_splits)}

    @property
    def selection(self) -> Selection:
        """The selection, made of a metric's name where only that is given."""
        return Selection(self.select) if isinstance(self.select, str) else self.select
