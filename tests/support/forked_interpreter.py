"""A Python interpreter that is forked from a process that has imported, for pytest-xdist's workers.

    python tests/support/forked_interpreter.py ADDRESS -u -c CODE ARGUMENTS...

runs the code in a fork of the process at that address (`warm_processes`), with this process's
streams, environment and folder, and ends when it ends.
"""

import sys
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[2]


def command(address: str) -> list[str]:
    """Gives the command that stands for `python`, by the address of the process to fork from."""
    return [sys.executable, __file__, address]


if __name__ == "__main__":
    sys.path[0] = str(_REPOSITORY)  # in place of this file's folder
    from tests.support import warm_processes

    address, _, _, code, *arguments = sys.argv[1:]
    sys.exit(warm_processes.run_code(address, code, arguments))
