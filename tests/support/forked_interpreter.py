"""A Python interpreter that is forked from a process that has imported, for pytest-xdist's workers.

    python tests/support/forked_interpreter.py ADDRESS -u -c CODE

runs the code in a fork of the process at that address (`warm_processes`), with this process's
streams, environment and folder, and ends when it ends.
"""

import sys
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    sys.path[0] = str(_REPOSITORY)  # in place of this file's folder
    from tests.support import warm_processes

    sys.exit(warm_processes.run_code(sys.argv[1], sys.argv[-1]))
