"""A size of a sweep. TensorFlow stays out of the process that reads it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Size:
    """A sweep to measure.

    Attributes:
        checkpoints: Number of checkpoints: those of the run, again under other names where it has
            fewer.
        examples: Number of examples.
        slice_values: Number of values of the one feature that is sliced by; 0 for the taxi
            problem's own config, with its slices and plots.
    """

    checkpoints: int
    examples: int
    slice_values: int = 0

    def __str__(self) -> str:
        """Says it in a few words."""
        values = f", {self.slice_values:,} slices" if self.slice_values else ""
        return f"K = {self.checkpoints}, {self.examples:,} examples{values}"

    @property
    def file_name(self) -> str:
        """Name of the file of the examples."""
        values = f"-{self.slice_values}" if self.slice_values else ""
        return f"raw-{self.examples}{values}.tfrecord.gz"
