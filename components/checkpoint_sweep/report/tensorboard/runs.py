"""The runs that TensorBoard shows, one for each slice: pure functions of the metrics."""

import dataclasses
import hashlib
from collections.abc import Mapping

from checkpoint_sweep.common.names import SliceName
from checkpoint_sweep.evaluation.results.metrics import Metrics
from checkpoint_sweep.report.sweep_result import largest_slices
from checkpoint_sweep.selection.metric_kinds import MetricKinds
from checkpoint_sweep.selection.metric_traits import is_supported

# TensorBoard draws all runs over one another: more slices than that of all examples are asked for.
MOST_SLICES = 1
_PLAIN = " =,._-+()"
_LONGEST = 120  # bytes of a name, of the 255 that file systems allow


@dataclasses.dataclass(frozen=True)
class Run:
    """The scalars of one slice.

    Attributes:
        name: Name of its folder.
        points: Values of the metrics by their tags, by step.
    """

    name: str
    points: Mapping[int, Mapping[str, float]]


def make_runs(
    by_step: Mapping[int, Metrics],
    most: int = MOST_SLICES,
    rarer_labels: Mapping[SliceName, int] | None = None,
    kinds: MetricKinds | None = None,
) -> list[Run]:
    """Makes a run for the overall slice and for each of the largest others.

    Values that say nothing are omitted: what is not a number, or needs more examples of a class.

    Args:
        by_step: Metrics of each checkpoint, by its step.
        most: Number of slices.
        rarer_labels: Number of examples with the rarer label, by slice, as far as it is known.
        kinds: Kinds of the metrics; None where these go by their names.
    """
    rarer, kinds = rarer_labels or {}, kinds or MetricKinds()
    return [
        Run(
            folder_name(slice_key),
            {
                step: {
                    str(metric): value
                    for metric, value in metrics[slice_key].items()
                    if is_supported(kinds.of(metric), value, rarer.get(slice_key))
                }
                for step, metrics in sorted(by_step.items())
                if metrics.get(slice_key)
            },
        )
        for slice_key in largest_slices(by_step.values(), most)
    ]


def folder_name(named: SliceName | str) -> str:
    """Names the folder of a slice or of a training run.

    What comes from data neither leaves it nor is a pattern.
    """
    name = "".join(
        c if c.isalnum() or c in _PLAIN else "".join(f"%{byte:02X}" for byte in _utf8(c))
        for c in str(named)
    )
    encoded = _utf8(name)
    if len(encoded) <= _LONGEST:
        return name
    kept = encoded[:_LONGEST].decode(errors="ignore")
    return f"{kept}~{hashlib.sha256(encoded).hexdigest()[:8]}"


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
