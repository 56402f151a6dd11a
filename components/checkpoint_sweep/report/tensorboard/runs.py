"""The runs that TensorBoard shows, one for each slice: pure functions of the metrics."""

import dataclasses
import hashlib
from collections.abc import Mapping

from checkpoint_sweep.evaluation.results.metrics import Slice
from checkpoint_sweep.report.swept import Metrics, full_name, largest_slices, slice_name

# TensorBoard lists runs one below the other, and each is a file.
MOST_SLICES = 50
_PLAIN = " =,._-+()"
_LONGEST = 120  # bytes of a name, of the 255 that file systems allow


@dataclasses.dataclass(frozen=True)
class Run:
    """The scalars of one slice.

    Attributes:
        name: of its folder.
        points: by step, each metric's value by its tag.
    """

    name: str
    points: Mapping[int, Mapping[str, float]]


def make_runs(by_step: Mapping[int, Metrics], most: int = MOST_SLICES) -> list[Run]:
    """A run for the overall slice and for each of the largest others.

    Args:
        by_step: the metrics of each checkpoint.
        most: number of slices.
    """
    return [
        Run(
            folder_name(where),
            {
                step: {full_name(metric): value for metric, value in metrics[where].items()}
                for step, metrics in sorted(by_step.items())
                if metrics.get(where)
            },
        )
        for where in largest_slices(by_step.values(), most)
    ]


def folder_name(where: Slice) -> str:
    """A slice as a folder: what comes from data neither leaves the folder nor is a pattern."""
    name = "".join(
        c if c.isalnum() or c in _PLAIN else "".join(f"%{byte:02X}" for byte in _utf8(c))
        for c in slice_name(where)
    )
    encoded = _utf8(name)
    if len(encoded) <= _LONGEST:
        return name
    kept = encoded[:_LONGEST].decode(errors="ignore")
    return f"{kept}~{hashlib.sha256(encoded).hexdigest()[:8]}"


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
