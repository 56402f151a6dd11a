"""Where a user sees what a run prints."""

import os

from rich.console import Console


class Screen(Console):
    """A console that goes on without a reader: `make run | head` is no reason for a run to fail."""

    def on_broken_pipe(self) -> None:
        """Goes on without a reader, where the base class ends the process."""
        self.quiet = True
        # What is still in Python's buffer, and what others print, must have somewhere to go.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)
