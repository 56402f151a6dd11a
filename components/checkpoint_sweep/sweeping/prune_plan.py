"""The plan of a pruning: which checkpoints of a run stay, why, and what the others free."""

import dataclasses
from collections.abc import Sequence

from checkpoint_sweep.common.json_safe import Json

# Of the JSON of a plan: raised when a key changes its meaning or goes; keys may be added.
VERSION = 1


@dataclasses.dataclass(frozen=True)
class PlannedCheckpoint:
    """A checkpoint of the run, and whether it stays.

    Attributes:
        step: Training step.
        prefix: Path of the checkpoint, without the ends of its files' names.
        size: Bytes of its files.
        freed: Bytes of those of its files that have no further hard link, as pinned ones have.
        kept_by: Reasons why it stays; empty for one that goes.
    """

    step: int
    prefix: str
    size: int
    freed: int
    kept_by: Sequence[str]


@dataclasses.dataclass(frozen=True)
class PrunePlan:
    """What pruning a run would remove, and what it keeps.

        plan = plan_pruning("run", "best-set")
        print(plan.freed, [checkpoint.step for checkpoint in plan.removed])

    Attributes:
        run: Directory of the checkpoints.
        sweep: Directory of the finished sweep whose verdicts decide.
        keep: Rules that keep checkpoints.
        checkpoints: All checkpoints of the run, by step.
        left_over: Bytes of files that an interrupted removal has left, and that go too.
        model: SavedModel that the sweep's candidates have the graph of.
        step_from: Regular expression that finds the step in a name, or None.
    """

    run: str
    sweep: str
    keep: Sequence[str]
    checkpoints: Sequence[PlannedCheckpoint]
    left_over: int
    model: str
    step_from: str | None = None

    @property
    def kept(self) -> list[PlannedCheckpoint]:
        """The checkpoints that stay, by step."""
        return [checkpoint for checkpoint in self.checkpoints if checkpoint.kept_by]

    @property
    def removed(self) -> list[PlannedCheckpoint]:
        """The checkpoints that go, by step."""
        return [checkpoint for checkpoint in self.checkpoints if not checkpoint.kept_by]

    @property
    def freed(self) -> int:
        """Bytes that are free afterwards."""
        return sum(checkpoint.freed for checkpoint in self.removed) + self.left_over

    def to_dict(self) -> Json:
        """Returns plain data, as `prune --json` prints it."""
        return {
            "version": VERSION,
            "run": self.run,
            "sweep": self.sweep,
            "keep": list(self.keep),
            "freed": self.freed,
            "left_over": self.left_over,
            "checkpoints": [dataclasses.asdict(checkpoint) for checkpoint in self.checkpoints],
        }
