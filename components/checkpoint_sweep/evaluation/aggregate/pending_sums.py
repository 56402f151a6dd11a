"""Sums that grow by parts."""

from collections.abc import Sequence

import numpy as np

from checkpoint_sweep.evaluation.aggregate.sums import LEAST_TO_PACK, Sums

# Parts are merged once they hold this many entries, or a fourth of those of the merged part: then
# merging costs an amortised constant number of sorts per entry, whatever the number of batches.
_PENDING_ENTRIES = 500_000
_PENDING_SHARE = 4


class PendingSums:
    """A growing sum: parts are merged when enough of them wait."""

    def __init__(self, parts: Sequence[Sums]) -> None:
        self._merged, *self._parts = parts
        self._owned = False
        self._packed: tuple[np.ndarray, list[np.ndarray]] | None = None

    def add(self, part: Sums) -> None:
        """Adds one part, whose codes have the meaning of those before."""
        self._parts.append(part)
        waiting = sum(part.codes.size for part in self._parts)
        merged = self._merged.codes if self._packed is None else self._packed[0]
        if waiting > max(_PENDING_ENTRIES, merged.size // _PENDING_SHARE):
            self.compact()

    def pack(self) -> None:
        """Holds what is merged in half the memory, until other parts are merged with it."""
        if self._packed is None and self._merged.codes.size >= LEAST_TO_PACK:
            self._packed = self._merged.packed()
            self._merged = Sums.empty(self._merged.values.shape[1])

    def compact(self) -> Sums:
        """Merges all parts into one and returns it."""
        packed, self._packed = self._packed, None
        parts, self._parts = self._parts, []
        if packed is not None:
            self._owned = True
            self._merged = (
                Sums.inserted(packed, Sums.merge(parts)) if parts else Sums.unpacked(*packed)
            )
        elif parts:
            other = Sums.merge(parts)
            if not self._merged.codes.size:
                self._merged, self._owned = other, len(parts) > 1
                return self._merged
            if not self._owned:  # Inserting changes it in place.
                self._merged = Sums(self._merged.codes, self._merged.values.copy())
                self._owned = True
            self._merged = self._merged.insert(other)
        return self._merged
