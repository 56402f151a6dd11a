"""The update that sums one batch while the models predict the next, all through a bundle."""

import itertools
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.transforms.window import GlobalWindows

from checkpoint_sweep.common import progress
from checkpoint_sweep.evaluation.fused.pieces import batches_of
from checkpoint_sweep.evaluation.fused.update import PendingBatch, Update
from checkpoint_sweep.evaluation.inputs.parallelism import drops_ends_of_bundles
from checkpoint_sweep.evaluation.inputs.parts import UnreadParts


class UpdateAhead(Update):
    """`Update` for runners that pass on what a step gives when a bundle ends, as Beam prescribes.

    A bundle has one state, and the last batch of a RecordBatch is summed while the first of the
    next is predicted.
    """

    _waiting: PendingBatch | None

    def start_bundle(self) -> None:
        """Forgets what a bundle that failed has left."""
        self._waiting = None
        self._begin()

    def process(self, element: pa.RecordBatch | UnreadParts) -> Iterator[Any]:
        """Yields the examples that are grouped by query."""
        for batch in batches_of(element, self._batch_size):
            following = self._predict(batch)
            yield from self._rest()
            self._waiting = following

    def finish_bundle(self) -> Iterator[Any]:
        """Yields the states, and examples of the last batch that are grouped by query."""
        for given in itertools.chain(self._rest(), self._states()):
            yield GlobalWindows.windowed_value(given)
        progress.enter("merging results")

    def _rest(self) -> Iterator[Any]:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            yield from self._finish(waiting)


def update_for(pipeline: beam.Pipeline) -> type[Update]:
    """Chooses the quicker of the two steps whose results the pipeline's runner does not lose."""
    return Update if drops_ends_of_bundles(pipeline) else UpdateAhead
