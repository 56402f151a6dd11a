"""Runs a module with a file as its input: python -m tests.support.with_input FILE MODULE ..."""

import os
import runpy
import sys

if __name__ == "__main__":
    os.dup2(os.open(sys.argv[1], os.O_RDONLY), 0)
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
