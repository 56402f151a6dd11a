"""Records what a block of code logs, to log it again later."""

import contextlib
import dataclasses
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from absl import logging as absl_logging

_OURS = f"{Path(__file__).parent.parent}/"


@dataclasses.dataclass
class LogRecording:
    """What this library has logged, from INFO on.

    Attributes:
        level: Level of the logger meanwhile: records below it are missing.
        lines: Levels and texts, in order.
    """

    level: int
    lines: list[tuple[int, str]] = dataclasses.field(default_factory=list)

    def filter(self, record: logging.LogRecord) -> bool:
        """Records a record, and lets it pass."""
        if record.levelno >= logging.INFO and record.pathname.startswith(_OURS):
            self.lines.append((record.levelno, record.getMessage()))
        return True


@contextlib.contextmanager
def recording() -> Iterator[LogRecording]:
    """Records what is logged in the block."""
    logger = absl_logging.get_absl_logger()
    recorded = LogRecording(logger.getEffectiveLevel())
    # As a filter: a handler would end the warnings that Python prints where there is none.
    logger.addFilter(recorded)
    try:
        yield recorded
    finally:
        logger.removeFilter(recorded)


def is_complete(level: int) -> bool:
    """Returns whether a recording at a level has all that the logger would let pass now."""
    return absl_logging.get_absl_logger().getEffectiveLevel() >= max(level, logging.INFO)


def replay(lines: Sequence[tuple[int, str]]) -> None:
    """Logs recorded lines again."""
    for level, text in lines:
        absl_logging.get_absl_logger().log(level, "%s", text)
