"""Runs a module that cannot reach the network.

python -m tests.support.without_network MODULE ARGUMENTS...
"""

import runpy
import socket
import sys
from typing import NoReturn


def _refuse(*_: object) -> NoReturn:
    raise OSError("no network")


if __name__ == "__main__":
    socket.socket.connect = _refuse  # type: ignore[method-assign]
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
