"""Stock TFMA in the environment of the newest stack, one run for each checkpoint.

The code is that of `tfma_per_checkpoint`; `runner` starts it with another Python.
"""

from benchmarks.engine.contenders.tfma_per_checkpoint import run as run
