"""The console script `checkpoint-sweep`, which can be interrupted from its first moment."""

import sys

from checkpoint_sweep.cli.interruption import Interruption
from checkpoint_sweep.common.streams import keep_streams


def main() -> None:
    """Runs the command line."""
    keep_streams()
    interruption = Interruption()
    interruption.listen()
    from checkpoint_sweep.cli.app import run  # Takes longer.

    try:
        sys.exit(run(interruption))
    finally:
        interruption.ignore()


if __name__ == "__main__":
    main()
