"""The batches that a RecordBatch is cut into."""

import itertools

import numpy as np

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
