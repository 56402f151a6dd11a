"""The features of examples, as seen in a sample."""

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow_model_analysis as tfma

from checkpoint_sweep.evaluation.inputs.source import ExamplesError, ExampleSource

LOOKED_AT = 10_000
INTEGER, FLOAT, TEXT = "integers", "numbers", "text"
MOST_DISTINCT = 50
# As pandas names the index of its rows, in Parquet and in CSV files.
_INDEX = re.compile(r"__index_level_\d+__|(Unnamed: 0)?")


@dataclasses.dataclass(frozen=True)
class Feature:
    """One feature of the examples that were looked at.

    Attributes:
        kind: INTEGER, FLOAT or TEXT.
        share: Share of the examples that have it.
        width: Number of values of one example, where all that have it have as many; None otherwise.
        distinct: Number of different values; None if they are more than fifty.
        low: Smallest value; None of text.
        high: Largest value; None of text.
        most_frequent: Share of the most frequent value; None where `distinct` is.
        median_error: Mean absolute difference to the median; None of text.
        is_multi_hot: Whether the values are zeros and ones, and not one of them in each example.
        is_whole: Whether all values are whole numbers, of whichever kind.
    """

    kind: str
    share: float
    width: int | None
    distinct: int | None
    low: float | None = None
    high: float | None = None
    most_frequent: float | None = None
    median_error: float | None = None
    is_multi_hot: bool = False
    is_whole: bool = False

    @property
    def is_number(self) -> bool:
        """Whether every example that has it has one number."""
        return self.kind != TEXT and self.width == 1


def look_at(examples: ExampleSource) -> tuple[pa.RecordBatch, int, Mapping[str, Feature]]:
    """Reads the first examples, counts them, and describes their features by name.

    Returns:
        The first batch of them, their number, and the features.

    Raises:
        ExamplesError: There are none, or they cannot be read.
    """
    columns: dict[str, list[pa.Array]] = {}
    rows, first = 0, None
    for batch in examples.batches(LOOKED_AT):
        rows += batch.num_rows
        first = batch if first is None else first
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            columns.setdefault(name, []).append(column)
        if rows >= LOOKED_AT:
            break
    if not rows:
        raise ExamplesError(
            f"There are no examples in {', '.join(examples.patterns.values())}. Name files that "
            "have some."
        )
    columns = {
        name: parts
        for name, parts in columns.items()
        if name != tfma.ARROW_INPUT_COLUMN and not _INDEX.fullmatch(name)
    }
    found = {name: _feature(parts, rows) for name, parts in sorted(columns.items())}
    return first, rows, {name: feature for name, feature in found.items() if feature is not None}


def _feature(parts: list[pa.Array], rows: int) -> Feature | None:
    """Describes a column; None without a value, and of ragged ones of more dimensions."""
    of_values = [
        part for part in parts if _is_list(part.type) and not _is_list(part.type.value_type)
    ]
    values = np.concatenate([_array(part) for part in of_values] or [np.array([])])
    if not values.size:
        return None
    lengths = [len(row) for part in of_values for row in part.to_pylist() if row]
    share, widths = len(lengths) / rows, set(lengths)
    width = widths.pop() if len(widths) == 1 else None
    counts = Counter(values.tolist())
    few = len(counts) <= MOST_DISTINCT
    most = counts.most_common(1)[0][1] / values.size if few else None
    distinct = len(counts) if few else None
    if values.dtype == object:
        return Feature(TEXT, share, width, distinct, most_frequent=most)
    kind = INTEGER if np.issubdtype(values.dtype, np.integer) else FLOAT
    error = float(np.abs(values - np.median(values)).mean())
    low, high = float(values.min()), float(values.max())
    multi_hot, whole = _is_multi_hot(values, width), bool((np.mod(values, 1) == 0).all())
    return Feature(kind, share, width, distinct, low, high, most, error, multi_hot, whole)


def _is_multi_hot(values: np.ndarray, width: int | None) -> bool:
    if width is None or width < 2 or not np.isin(values, (0, 1)).all():
        return False
    return bool((values.reshape(-1, width).sum(axis=1) != 1).any())


def _is_list(kind: Any) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


def _array(column: pa.Array) -> np.ndarray:
    return np.asarray(column.flatten().to_numpy(zero_copy_only=False))
