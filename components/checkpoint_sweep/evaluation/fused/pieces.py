"""The batches that a RecordBatch is cut into."""

import itertools

import numpy as np

# Smaller batches cost more than they save.
_LEAST_OF_TWO = 1024


def pieces(rows: int, batch_size: int) -> list[tuple[int, int]]:
    """Cuts a RecordBatch into batches of at most ``batch_size``, at least two if it is large.

    Of two, the first is summed while the second is predicted.

    Returns:
        The first row of each, and the row after its last.
    """
    number = -(-rows // batch_size)
    if number == 1 and rows >= 2 * _LEAST_OF_TWO:
        number = 2
    bounds = np.linspace(0, rows, number + 1).astype(int).tolist()
    return list(itertools.pairwise(bounds))
