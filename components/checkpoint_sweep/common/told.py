"""Keeps what a block of code tells by the log, to tell it again."""

import contextlib
import dataclasses
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from absl import logging as absl_logging

_OURS = f"{Path(__file__).parent.parent}/"


@dataclasses.dataclass
class Told:
    """What this library has told by the log, from INFO on.

    Attributes:
        level: Level from which on the log took what it was told.
        lines: Levels and texts, in order.
    """

    level: int
    lines: list[tuple[int, str]] = dataclasses.field(default_factory=list)

    def filter(self, record: logging.LogRecord) -> bool:
        """Keeps a record, and lets it pass."""
        if record.levelno >= logging.INFO and record.pathname.startswith(_OURS):
            self.lines.append((record.levelno, record.getMessage()))
        return True


@contextlib.contextmanager
def keeping() -> Iterator[Told]:
    """Keeps what is told in the block."""
    logger = absl_logging.get_absl_logger()
    told = Told(logger.getEffectiveLevel())
    # As a filter: a handler would end the warnings that Python prints where there is none.
    logger.addFilter(told)
    try:
        yield told
    finally:
        logger.removeFilter(told)


def is_whole(level: int) -> bool:
    """Tells whether what was kept at a level is all that the log takes now."""
    return absl_logging.get_absl_logger().getEffectiveLevel() >= max(level, logging.INFO)


def tell_again(lines: Sequence[tuple[int, str]]) -> None:
    """Tells kept lines again."""
    for level, text in lines:
        absl_logging.get_absl_logger().log(level, "%s", text)
