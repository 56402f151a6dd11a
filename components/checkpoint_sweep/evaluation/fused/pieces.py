"""The batches that the elements of a pipeline are cut into."""

import itertools
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from checkpoint_sweep.evaluation.inputs.parts import UnreadParts

# Smaller batches cost more than they save.
_LEAST_ROWS = 1024


def pieces(rows: int, batch_size: int, least: int = 1) -> list[tuple[int, int]]:
    """Cuts a RecordBatch into batches of at most ``batch_size``.

    Args:
        rows: Number of rows of the RecordBatch.
        batch_size: Largest number of rows of a batch.
        least: Least number of batches, unless these would have few rows.

    Returns:
        The first row of each, and the row after its last.
    """
    number = max(-(-rows // batch_size), min(least, rows // _LEAST_ROWS))
    bounds = np.linspace(0, rows, number + 1).astype(int).tolist()
    return list(itertools.pairwise(bounds))


def batches_of(
    element: pa.RecordBatch | UnreadParts, batch_size: int, least: int = 1
) -> Iterator[pa.RecordBatch]:
    """Cuts all that an element has into batches of at most ``batch_size``.

    Args:
        element: RecordBatch, or parts of files, which are read.
        batch_size: Largest number of rows of a batch.
        least: Least number of batches of a RecordBatch by itself, unless these would have few rows.

    Raises:
        ReadingError: A file cannot be read; the message names it.
    """
    if isinstance(element, UnreadParts):
        for batch in element.batches():
            yield from batches_of(batch, batch_size)
        return
    for start, stop in pieces(element.num_rows, batch_size, least):
        yield element.slice(start, stop - start)
